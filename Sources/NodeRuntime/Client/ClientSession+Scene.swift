internal import Crypto
internal import EventLoop
internal import RenderModel
internal import Roles
internal import Store
public import Wire

/// A scene in the client's own block store, ready to be ordered.
public struct ImportedScene: Sendable {
    public var root: CID
    /// Of manifest and blocks together.
    public var bytes: UInt64
    public var blocks: Int
    public var cameras: Int
    /// What the reader had to say: `notices`, `warnings`.
    public var information: JSON
    /// Holds the blocks until it is released.
    let scope: Bytes32
}

extension ClientSession {
    /// Blocks on their way to the disk; with more the reader waits.
    private static let storingMax = 8

    /// Reads a scene with the help of a child process and keeps its blocks.
    ///
    /// - Parameters:
    ///   - program: what to start; it writes frames as `SceneImport` says.
    ///   - onBytes: how far it is.
    public func importScene(
        _ program: String, _ arguments: [String], onBytes: @escaping (UInt64) -> Void = { _ in }
    ) throws(DaemonError) -> ImportedScene {
        final class State {
            var information: JSON?
            var manifest: SceneManifest?
            var scene: ImportedScene?
            var storing = 0
            var isDone = false
            var error: DaemonError?
        }
        let state = State()
        let scope = Entropy.bytes32()
        let reader = try SceneImport(loop: loop, program, arguments)
        func keep(_ bytes: [UInt8]) {
            state.storing += 1
            if state.storing >= ClientSession.storingMax { reader.isPaused = true }
            daemon.storage.store([(Hash.cid(of: bytes), bytes)], .client, scope: scope) { error in
                state.storing -= 1
                if state.storing < ClientSession.storingMax { reader.isPaused = false }
                if let error { state.error = state.error ?? DaemonError(.failed, "\(error)") }
            }
        }
        reader.onFrame = { frame in
            guard state.information != nil else {
                // Nothing but names and remarks for people: a child that lies about them gains nothing.
                state.information = (try? JSON(parsing: frame, sizeMax: SceneImport.frameMax)) ?? .object([:])
                return
            }
            if state.scene == nil {
                guard let manifest = try? SceneManifest(frame) else {
                    state.error = state.error ?? DaemonError(.failed, "the process that reads the scene wrote no manifest")
                    return
                }
                state.manifest = manifest
                state.scene = ImportedScene(
                    root: Hash.cid(of: frame), bytes: 0, blocks: 0, cameras: manifest.cameraCount, information: state.information ?? .null,
                    scope: scope)
            }
            state.scene?.bytes += UInt64(frame.count)
            state.scene?.blocks += 1
            onBytes(state.scene?.bytes ?? 0)
            keep(frame)
        }
        reader.onDone = { error in
            state.isDone = true
            if let error { state.error = error }
        }
        // Reading a scene of gigabytes from a slow disk takes its time; the child ends with its own limits.
        _ = try wait(.seconds(3600)) { state.error != nil || state.isDone && state.storing == 0 }
        reader.cancel()
        if let error = state.error { throw error }
        guard state.isDone, let scene = state.scene, let manifest = state.manifest else {
            throw DaemonError(.failed, interruption == nil ? "the scene could not be read" : "interrupted while the scene was read")
        }
        guard manifest.blockIDs.allSatisfy({ daemon.storage.blocks.contains($0) }) else {
            throw DaemonError(.failed, "the process that reads the scene left blocks out")
        }
        return scene
    }
}
