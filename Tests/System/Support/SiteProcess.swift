import EventLoop
import Glibc

/// A process of a test: what it says, and how it ended.
final class SiteProcess {
    /// Lines of a log that are kept for the report of a failure.
    private static let linesMax = 400

    let name: String
    let child: ChildProcess
    private var pending: [[UInt8]] = [[], []]
    private var open = 2
    /// Lines of standard output.
    private(set) var output: [String] = []
    /// The last lines of standard error.
    private(set) var errors: [String] = []

    /// - Parameter isHeld: its standard input stays open as long as this process lives; a node that is supervised ends with it.
    init(_ name: String, loop: EventLoop, _ command: ChildProcess.Command, isHeld: Bool) throws {
        self.name = name
        var command = command
        command.standardInput = isHeld ? .pipe : .null
        command.standardOutput = .pipe
        command.standardError = .pipe
        child = try ChildProcess(loop: loop, command)
        child.standardInput?.onClose = { _ in }
        for (index, pipe) in [child.standardOutput, child.standardError].enumerated() {
            pipe?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.received($0, index) } }
            pipe?.onClose = { [weak self] _ in self?.ended(index) }
            pipe?.resumeReading()
        }
    }

    var processID: Int32 { child.processID }
    var isRunning: Bool { child.exitStatus == nil }
    /// It has ended and everything that it wrote has been read.
    var isFinished: Bool { !isRunning && open == 0 }
    /// As a shell tells it: the code, or 128 and the signal. Nil while it runs.
    var status: Int32? {
        switch child.exitStatus {
        case .exited(let code): Int32(clamping: code)
        case .killed(let signal): 128 + signal
        case nil: nil
        }
    }

    func signal(_ number: Int32) { child.kill(number) }

    var outputText: String { output.joined(separator: "\n") }
    var errorText: String { errors.joined(separator: "\n") }

    /// For the report of a failure.
    var log: String {
        let end = status.map { "status \($0)" } ?? "runs"
        return (["-- \(name): \(end)"] + output.suffix(20) + errors.suffix(40)).joined(separator: "\n")
    }

    private func received(_ bytes: UnsafeRawBufferPointer, _ stream: Int) {
        pending[stream] += bytes
        while let end = pending[stream].firstIndex(of: UInt8(ascii: "\n")) {
            take(String(decoding: pending[stream][..<end], as: UTF8.self), stream)
            pending[stream].removeSubrange(...end)
        }
    }

    private func ended(_ stream: Int) {
        open -= 1
        if !pending[stream].isEmpty { take(String(decoding: pending[stream], as: UTF8.self), stream) }
        pending[stream] = []
    }

    private func take(_ line: String, _ stream: Int) {
        if stream == 0 { return output.append(line) }
        errors.append(line)
        if errors.count > 2 * SiteProcess.linesMax { errors.removeFirst(SiteProcess.linesMax) }
    }
}

/// What a command that ended told.
struct CommandResult {
    let status: Int32
    let output: String
    let error: String
}
