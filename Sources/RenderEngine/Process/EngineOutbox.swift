internal import Wire

/// Messages on their way to the engine. A scene's blocks are fetched one by one as the pipe takes them, so that a large scene
/// is never in memory twice.
struct EngineOutbox {
    /// Ready to be written, the next one first.
    private var ready: [[UInt8]] = []
    private var scene: (value: EngineScene, number: UInt32, next: Int)?
    private var afterScene: [EngineRequest] = []

    mutating func add(_ request: EngineRequest) {
        if scene == nil { ready.append(EngineFrame.seal(request.encoded)) } else { afterScene.append(request) }
    }

    mutating func add(_ value: EngineScene, number: UInt32) {
        ready.append(
            EngineFrame.seal(
                EngineRequest.beginScene(
                    scene: number, manifest: value.manifest, memoryMax: value.memoryMax, keepsBlocks: value.keepsBlocks
                ).encoded))
        scene = (value, number, 0)
    }

    /// The next message to write; it stays until `sent`.
    /// - Throws: `missingBlock`.
    mutating func next() throws(EngineFailure) -> [UInt8]? {
        if let first = ready.first { return first }
        guard let (value, number, index) = scene else { return nil }
        if index < value.blockIDs.count {
            let id = value.blockIDs[index]
            guard let bytes = value.block(id) else { throw .missingBlock(id) }
            ready.append(EngineFrame.seal(EngineRequest.block(scene: number, bytes: bytes).encoded))
            scene?.next = index + 1
        } else {
            scene = nil
            ready.append(EngineFrame.seal(EngineRequest.finishScene(scene: number).encoded))
            ready += afterScene.map { EngineFrame.seal($0.encoded) }
            afterScene = []
        }
        return ready.first
    }

    mutating func sent() { ready.removeFirst() }

    mutating func clear() {
        ready = []
        scene = nil
        afterScene = []
    }
}
