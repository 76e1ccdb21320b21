public import EventLoop
internal import Glibc

/// A node's process on this machine: started, listened to, stopped. It ends with us, however we end: its standard input is ours.
///
/// Any program that prints one line `listening MULTIADDR/p2p/PEERID` per address can be one; it is given `--supervised` as its last argument.
public final class SupervisedNode {
    public let name: String
    private let loop: EventLoop
    private var child: ChildProcess?
    private var output = LineSplitter()
    private var errors = LineSplitter()
    /// What it said about where it listens.
    public private(set) var addresses: [String] = []
    public var onListening: (() -> Void)?
    /// A line of its log.
    public var onLine: ((String) -> Void)?
    public var onExit: ((ChildProcess.ExitStatus) -> Void)?

    public init(_ name: String, loop: EventLoop) {
        self.name = name
        self.loop = loop
    }

    public var isRunning: Bool { child != nil }
    public var processID: Int32? { child?.processID }

    public func start(_ path: String, _ arguments: [String]) throws(UVError) {
        var command = ChildProcess.Command(path, arguments + ["--supervised"])
        command.standardInput = .pipe
        command.standardOutput = .pipe
        command.standardError = .pipe
        let child = try ChildProcess(loop: loop, command)
        self.child = child
        child.standardInput?.onClose = { _ in }
        child.standardOutput?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.said($0) } }
        child.standardError?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.logged($0) } }
        child.standardOutput?.resumeReading()
        child.standardError?.resumeReading()
        child.onExit = { [weak self] status in self?.exited(status) }
    }

    /// The first asks it to drain, a further one to stop at once.
    public func terminate() { child?.kill(SIGTERM) }

    public func kill() { child?.kill(SIGKILL) }

    private func said(_ bytes: UnsafeRawBufferPointer) {
        var isNew = false
        for line in output.append(bytes) where line.hasPrefix("listening ") && addresses.count < 64 {
            addresses.append(String(line.dropFirst("listening ".count)))
            isNew = true
        }
        if isNew { onListening?() }
    }

    private func logged(_ bytes: UnsafeRawBufferPointer) {
        for line in errors.append(bytes) { onLine?(line) }
    }

    private func exited(_ status: ChildProcess.ExitStatus) {
        child = nil
        if let line = errors.rest() { onLine?(line) }
        onExit?(status)
    }
}
