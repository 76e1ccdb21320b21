internal import CUV
internal import Glibc

/// A child process with pipes to its standard streams.
///
/// It is always waited for, so that it leaves no zombie: closing a handle whose process still runs kills the process, and the
/// handle closes when it has ended. The pipes are streams of their own and end on their own; what the child wrote last may come
/// after `onExit`.
public final class ChildProcess: Handle {
    /// What to run.
    public struct Command: Sendable {
        /// A path, or a name that is looked for in `PATH`.
        public var path: String
        /// Without the name of the program itself.
        public var arguments: [String]
        /// `NAME=value`; nil passes on this process's own environment.
        public var environment: [String]?
        public var workingDirectory: String?
        public var standardInput = StandardStream.null
        public var standardOutput = StandardStream.inherit
        public var standardError = StandardStream.inherit
        /// A session of its own, out of reach of the terminal's signals.
        public var isDetached = false
        public var pipes = ByteStream.Parameters()

        public init(_ path: String, _ arguments: [String] = []) {
            self.path = path
            self.arguments = arguments
        }
    }

    public enum StandardStream: Sendable {
        /// `/dev/null`.
        case null
        /// This process's own.
        case inherit
        case pipe
    }

    public enum ExitStatus: Equatable, Sendable {
        case exited(code: Int64)
        case killed(signal: Int32)
    }

    public let command: Command
    public private(set) var processID: Int32 = 0
    /// Nil while the process runs.
    public private(set) var exitStatus: ExitStatus?
    /// To be written; shutting down its write half ends the child's input. Present where the command asks for a pipe.
    public let standardInput: Pipe?
    public let standardOutput: Pipe?
    public let standardError: Pipe?
    public var onExit: ((ExitStatus) -> Void)?

    /// - Throws: `ENOENT`, `EACCES` and the like where the program cannot be started.
    public init(loop: EventLoop, _ command: Command) throws(UVError) {
        self.command = command
        let operation = "start \(command.path)"
        let streams = [command.standardInput, command.standardOutput, command.standardError]
        var pipes: [Pipe?] = []
        do throws(UVError) {
            for (descriptor, stream) in streams.enumerated() {
                let name = "\(["stdin", "stdout", "stderr"][descriptor]) of \(command.path)"
                pipes.append(stream == .pipe ? try Pipe(loop: loop, name: name, parameters: command.pipes) : nil)
            }
        } catch {
            for pipe in pipes { pipe?.close() }
            throw error
        }
        (standardInput, standardOutput, standardError) = (pipes[0], pipes[1], pipes[2])

        // `uv_spawn` makes the handle known to the loop even where it fails: it has to be closed, not freed.
        var status: Int32 = 0
        do throws(UVError) {
            try super.init(loop: loop, size: MemoryLayout<uv_process_t>.size, operation: operation) { raw in
                status = spawn(command, pipes, loop: loop, raw: raw)
                return 0
            }
        } catch {
            for pipe in pipes { pipe?.close() }
            throw error
        }
        if status < 0 {
            for pipe in pipes { pipe?.close() }
            beginClosing()
            throw UVError(code: status, operation: operation)
        }
        processID = process.pointee.pid
    }

    private var process: UnsafeMutablePointer<uv_process_t> { raw.assumingMemoryBound(to: uv_process_t.self) }

    /// Sends a signal. Nothing happens where the process has ended.
    public func kill(_ signal: Int32) {
        guard isOpen, exitStatus == nil else { return }
        uv_process_kill(process, signal)
    }

    public override func close() {
        if exitStatus == nil { kill(SIGKILL) } else { beginClosing() }
    }

    fileprivate func exited(_ status: Int64, _ signal: Int32) {
        let result = signal == 0 ? ExitStatus.exited(code: status) : .killed(signal: signal)
        exitStatus = result
        beginClosing()
        onExit?(result)
    }

    override func didClose() { onExit = nil }

    override var label: String { "process \(processID) \(command.path)" }
}

extension ChildProcess.ExitStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exited(let code): "exited with code \(code)"
        case .killed(let signal): "was killed by signal \(signal)"
        }
    }
}

private func spawn(_ command: ChildProcess.Command, _ pipes: [Pipe?], loop: EventLoop, raw: UnsafeMutableRawPointer) -> Int32 {
    let streams = [command.standardInput, command.standardOutput, command.standardError]
    var containers = streams.enumerated().map { descriptor, stream in
        var container = uv_stdio_container_t()
        switch stream {
        case .null: container.flags = UV_IGNORE
        case .inherit:
            container.flags = UV_INHERIT_FD
            container.data.fd = Int32(descriptor)
        case .pipe:
            // The direction as the child sees it.
            let direction = descriptor == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE
            container.flags = uv_stdio_flags(UV_CREATE_PIPE.rawValue | direction.rawValue)
            container.data.stream = pipes[descriptor]?.stream
        }
        return container
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = ([command.path] + command.arguments).map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = (command.environment ?? []).map { strdup($0) } + [nil]
    let directory = command.workingDirectory.map { strdup($0) } ?? nil
    defer {
        for text in arguments + environment { free(text) }
        free(directory)
    }
    return arguments.withUnsafeMutableBufferPointer { arguments in
        environment.withUnsafeMutableBufferPointer { environment in
            containers.withUnsafeMutableBufferPointer { containers in
                var options = uv_process_options_t()
                options.file = UnsafePointer(arguments[0])
                options.args = arguments.baseAddress
                options.env = command.environment == nil ? nil : environment.baseAddress
                options.cwd = UnsafePointer(directory)
                options.flags = command.isDetached ? UV_PROCESS_DETACHED.rawValue : 0
                options.stdio = containers.baseAddress
                options.stdio_count = Int32(containers.count)
                options.exit_cb = { pointer, status, signal in
                    guard let data = pointer?.pointee.data else { return }
                    Unmanaged<ChildProcess>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.exited(status, signal) }
                }
                return uv_spawn(loop.raw, raw.assumingMemoryBound(to: uv_process_t.self), &options)
            }
        }
    }
}
