internal import EventLoop
internal import Glibc

/// Reads a scene file in a process of its own, since scene files are hostile input, and hands out what comes back piece by piece.
///
/// The child writes frames on its standard output: a length of four bytes, little-endian, and as many bytes. The first frame is a JSON
/// object about the scene, the second the manifest, the others are the blocks, in the manifest's order.
final class SceneImport {
    /// Longest frame: a block or a manifest is at most 1 MiB.
    static let frameMax = 1 << 20
    /// Of what the child says when it fails.
    private static let messageMax = 8 << 10

    private var child: ChildProcess?
    private var pending: [UInt8] = []
    private var message: [UInt8] = []
    private var hasEnded = false
    private var status: ChildProcess.ExitStatus?
    /// One frame. Nothing more comes while `isPaused`.
    var onFrame: (([UInt8]) -> Void)?
    /// The last call: nil where everything came.
    var onDone: ((DaemonError?) -> Void)?
    var isPaused = false {
        didSet {
            guard isPaused != oldValue, !hasEnded else { return }
            if isPaused { child?.standardOutput?.pauseReading() } else { child?.standardOutput?.resumeReading() }
        }
    }

    init(loop: EventLoop, _ path: String, _ arguments: [String]) throws(DaemonError) {
        var command = ChildProcess.Command(path, arguments)
        command.standardOutput = .pipe
        command.standardError = .pipe
        do throws(UVError) {
            let child = try ChildProcess(loop: loop, command)
            self.child = child
            child.standardOutput?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.received($0) } }
            child.standardOutput?.onClose = { [weak self] _ in
                self?.hasEnded = true
                self?.finishIfOver()
            }
            child.standardError?.onRead = { [weak self] bytes in
                bytes.withUnsafeBytes { bytes in
                    guard let self else { return }
                    self.message += bytes.prefix(SceneImport.messageMax - self.message.count)
                }
            }
            child.onExit = { [weak self] status in
                self?.status = status
                self?.finishIfOver()
            }
            child.standardOutput?.resumeReading()
            child.standardError?.resumeReading()
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        pending += bytes
        var read = 0
        while pending.count - read >= 4 {
            let size = (0..<4).reduce(0) { $0 | Int(pending[read + $1]) << (8 * $1) }
            guard size <= SceneImport.frameMax else {
                return finish(DaemonError(.failed, "the process that reads the scene wrote nonsense"))
            }
            guard pending.count - read - 4 >= size else { break }
            let frame = Array(pending[read + 4..<read + 4 + size])
            read += 4 + size
            onFrame?(frame)
        }
        pending.removeFirst(read)
    }

    private func finishIfOver() {
        guard hasEnded, let status else { return }
        if status == .exited(code: 0), pending.isEmpty { return finish(nil) }
        var text = String(decoding: message, as: UTF8.self)
        while text.last == "\n" { text.removeLast() }
        // The child is this program too, and says so.
        if text.hasPrefix("node: ") { text.removeFirst("node: ".count) }
        finish(DaemonError(.failed, text.isEmpty ? "the process that reads the scene \(status)" : text))
    }

    private func finish(_ error: DaemonError?) {
        guard let report = onDone else { return }
        onDone = nil
        onFrame = nil
        child?.close()
        report(error)
    }

    func cancel() {
        onDone = nil
        onFrame = nil
        child?.close()
    }
}

/// What is written into the pipe by the child.
public enum SceneExport {
    /// Writes one frame on standard output, all of it.
    /// - Returns: false where the reader is gone.
    public static func write(_ frame: [UInt8]) -> Bool {
        let size = UInt32(frame.count)
        var rest = ([0, 8, 16, 24].map { UInt8(truncatingIfNeeded: size >> $0) } + frame)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
