public import Identity
public import RenderModel
public import Wire

/// What every leaf of a commitment is bound to: a stale frame, another Worker's records or other settings hash differently.
///
/// H("context" ‖ offer ‖ task ‖ frame ‖ Worker ‖ scene root ‖ profile ‖ settings), `docs/protocols/proof.md`, "Context".
public struct RecordContext: Hashable, Sendable {
    public let digest: Bytes32

    public init(offer: RecordID, task: UInt32, frame: UInt32, worker: Bytes32, sceneRoot: CID, profile: Bytes32, settings: RenderSettings) {
        digest = Labelled.hash("context") { writer in
            writer.write(offer)
            writer.writeLittleEndian(task)
            writer.writeLittleEndian(frame)
            writer.write(worker)
            writer.writeHashField(sceneRoot.bytes)
            writer.write(profile)
            for value in [
                settings.width, settings.height, settings.samples, settings.depth, settings.camera, settings.filter.rawValue,
                settings.ignore.rawValue, settings.layers.rawValue,
            ] {
                writer.writeLittleEndian(value)
            }
        }
    }
}
