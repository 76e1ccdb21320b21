import Foundation

/// The Python that has py-libp2p. `make test` builds it and names it in `INTEROP_PYTHON`.
enum PythonEnvironment {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Path of the interpreter; nil where there is none.
    static let interpreter: String? = {
        let named = ProcessInfo.processInfo.environment["INTEROP_PYTHON"]
        let path = named ?? root.appendingPathComponent(".build/interop-venv/bin/python").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    static let script = root.appendingPathComponent("Tests/Interop/Peer/peer.py").path

    /// Why the suite does not run.
    static var skipReason: String {
        ProcessInfo.processInfo.environment["INTEROP_SKIP_REASON"] ?? "no py-libp2p: run .ci/interop-venv or set INTEROP_PYTHON"
    }
}
