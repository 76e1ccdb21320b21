import EventLoop
import Foundation
import Glibc
import NodeRuntime
import Testing

/// How long a test waits before it says that something never happened. Not a limit on speed: a condition ends the wait.
let patience = Duration.seconds(300)

/// The place of one test: a folder, a loop, and the processes that it starts. Nothing of it is left afterwards, however the test ends.
final class Site {
    let loop: EventLoop
    /// Gone after the test.
    let directory: String
    private var processes: [SiteProcess] = []

    private init() throws {
        loop = try EventLoop()
        directory = FileManager.default.temporaryDirectory.path + "/inferix-system-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Runs a test on a thread of its own.
    static func run(_ location: SourceLocation = #_sourceLocation, _ body: @Sendable (Site) throws -> Void) async throws {
        try await withTaskExecutorPreference(ThreadExecutor()) { () async throws in
            let site = try Site()
            let result = Result { try body(site) }
            let logs = site.processes.map(\.log).joined(separator: "\n")
            if case .failure = result { Issue.record(Comment(rawValue: logs), sourceLocation: location) }
            if ProcessInfo.processInfo.environment["SYSTEM_LOGS"] != nil { print(logs) }
            try site.close(location)
            try result.get()
        }
    }

    /// Kills what still runs, with whatever it has started.
    private func close(_ location: SourceLocation) throws {
        let left = ProcessTable.families(of: processes.filter(\.isRunning).map(\.processID))
        for process in processes { process.child.close() }
        for process in left { kill(process.id, SIGKILL) }
        _ = try loop.run(for: patience) { !ProcessTable.entries.contains { left.contains($0) } }
        for process in ProcessTable.entries where left.contains(process) {
            Issue.record("could not be ended: \(process.command)", sourceLocation: location)
        }
        try loop.shutdown()
        try FileManager.default.removeItem(atPath: directory)
    }

    /// Nothing of the user's own reaches a process, nor the other way round.
    private var environment: [String] {
        ["HOME=\(directory)/home", "PATH=/usr/bin:/bin", "TMPDIR=\(directory)", "SWIFT_BACKTRACE=enable=no"]
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    // MARK: Processes

    /// Starts a program that runs until it is told to end.
    ///
    /// - Parameter isHeld: it gets a standard input that ends with this process.
    func start(
        _ name: String, _ path: String, _ arguments: [String], isHeld: Bool = true, isDetached: Bool = false,
        variables: [String] = []
    ) throws -> SiteProcess {
        var command = ChildProcess.Command(path, arguments)
        command.environment = environment + variables
        command.workingDirectory = directory
        command.isDetached = isDetached
        let process = try SiteProcess(name, loop: loop, command, isHeld: isHeld)
        processes.append(process)
        return process
    }

    /// Runs a command of `node` to its end.
    func node(_ arguments: [String], variables: [String] = [], _ location: SourceLocation = #_sourceLocation) throws -> CommandResult {
        try finish(try start("node \(arguments.first ?? "")", Binaries.node, arguments, isHeld: false, variables: variables), location)
    }

    /// Waits for the end of a process that ends by itself.
    func finish(_ process: SiteProcess, _ location: SourceLocation = #_sourceLocation) throws -> CommandResult {
        try wait("\(process.name) ends", location) { process.isFinished }
        processes.removeAll { $0 === process }
        return CommandResult(
            status: try #require(process.status), output: process.outputText,
            error: process.errorText)
    }

    // MARK: Waiting

    /// Runs the loop until the condition holds, and fails the test where it never does.
    func wait(_ what: @autoclosure () -> String, _ location: SourceLocation = #_sourceLocation, until condition: () throws -> Bool) throws {
        var failure: (any Error)?
        let held = try loop.run(for: patience) {
            do { return try condition() } catch { failure = error }
            return true
        }
        if let failure { throw failure }
        try #require(held, "never happened: \(what())", sourceLocation: location)
    }

    /// As `wait`, for a condition that somebody has to be asked about: asks again and again.
    func poll(_ what: String, _ location: SourceLocation = #_sourceLocation, until condition: () throws -> Bool) throws {
        let deadline = loop.deadline(after: patience)
        while try !condition() {
            try #require(loop.now < deadline, "never happened: \(what)", sourceLocation: location)
            _ = try loop.run(for: .milliseconds(50)) { false }
        }
    }

    /// Asks a node for something; nil where nobody answers.
    func ask(_ request: AdminRequest, of places: Places) throws -> JSON? {
        var result: Result<JSON, DaemonError>?
        guard let call = try? AdminCall(request, of: places, loop: loop, timeout: .seconds(10), done: { result = $0 }) else { return nil }
        _ = try loop.run(for: .seconds(15)) { result != nil }
        call.cancel()
        return try? result?.get()
    }
}
