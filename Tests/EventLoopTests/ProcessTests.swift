import EventLoop
import Glibc
import Testing

@Suite(.serialized) struct ProcessTests {
    @Test func signalsArrive() throws {
        try withLoop { loop in
            var count = 0
            let watcher = try SignalWatcher(loop: loop, signal: SIGUSR1) { count += 1 }
            kill(getpid(), SIGUSR1)
            try #require(try loop.run(for: patience) { count == 1 })
            kill(getpid(), SIGUSR1)
            try #require(try loop.run(for: patience) { count == 2 })
            #expect(watcher.signal == SIGUSR1)
        }
    }

    @Test func signalsThatCannotBeWatchedAreRefused() throws {
        try withLoop { loop in
            #expect(throws: UVError.self) { try SignalWatcher(loop: loop, signal: SIGKILL) {} }
            #expect(throws: UVError.self) { try SignalWatcher(loop: loop, signal: 0) {} }
        }
    }

    @Test func aChildEchoesThroughItsPipes() throws {
        try withLoop { loop in
            var command = ChildProcess.Command("/bin/cat")
            command.standardInput = .pipe
            command.standardOutput = .pipe
            let child = try ChildProcess(loop: loop, command)
            let input = try #require(child.standardInput)
            let output = try #require(child.standardOutput)
            #expect(child.standardError == nil)
            var received: [UInt8] = []
            output.onRead = { received.append($0) }
            output.resumeReading()
            let sent = pattern(900_000)
            #expect(input.write(sent) != .refused)
            input.finish(deadline: loop.deadline(after: patience))
            try #require(try loop.run(for: patience) { child.isClosed && output.isClosed && input.isClosed })
            #expect(received == sent)
            #expect(child.exitStatus == .exited(code: 0))
            #expect(child.processID > 0)
        }
    }

    @Test func exitCodesAndSignalsAreReported() throws {
        try withLoop { loop in
            let failing = try ChildProcess(loop: loop, ChildProcess.Command("/bin/sh", ["-c", "exit 7"]))
            var reported: [ChildProcess.ExitStatus] = []
            failing.onExit = { reported.append($0) }
            try #require(try loop.run(for: patience) { failing.isClosed })
            let sleeping = try ChildProcess(loop: loop, ChildProcess.Command("sleep", ["1000"]))
            sleeping.onExit = { reported.append($0) }
            sleeping.kill(SIGTERM)
            try #require(try loop.run(for: patience) { sleeping.isClosed })
            #expect(reported == [.exited(code: 7), .killed(signal: SIGTERM)])
            sleeping.kill(SIGTERM)
        }
    }

    @Test func closingKillsAndWaits() throws {
        try withLoop { loop in
            let child = try ChildProcess(loop: loop, ChildProcess.Command("sleep", ["1000"]))
            let id = child.processID
            #expect(kill(id, 0) == 0)
            child.close()
            try #require(try loop.run(for: patience) { child.isClosed })
            #expect(child.exitStatus == .killed(signal: SIGKILL))
            #expect(kill(id, 0) == -1 && errno == ESRCH, "a zombie is left")
        }
    }

    @Test func environmentAndDirectoryReachTheChild() throws {
        try withLoop { loop in
            var command = ChildProcess.Command("/bin/sh", ["-c", "echo \"$INFERIX_PROBE:$HOME:$PWD\"; echo oops >&2"])
            command.environment = ["INFERIX_PROBE=yes"]
            command.workingDirectory = "/usr"
            command.standardOutput = .pipe
            command.standardError = .pipe
            let child = try ChildProcess(loop: loop, command)
            var output: [UInt8] = []
            var errors: [UInt8] = []
            child.standardOutput?.onRead = { output.append($0) }
            child.standardError?.onRead = { errors.append($0) }
            child.standardOutput?.resumeReading()
            child.standardError?.resumeReading()
            try #require(
                try loop.run(for: patience) { child.standardOutput?.isClosed == true && child.standardError?.isClosed == true })
            #expect(String(decoding: output, as: UTF8.self) == "yes::/usr\n")
            #expect(String(decoding: errors, as: UTF8.self) == "oops\n")
        }
    }

    @Test func aMissingProgramIsAnErrorAndLeavesNothing() throws {
        try withLoop { loop in
            var command = ChildProcess.Command("/no/such/program")
            command.standardInput = .pipe
            let error = #expect(throws: UVError.self) { try ChildProcess(loop: loop, command) }
            #expect(error?.name == "ENOENT")
        }
    }

    @Test func inheritedPipesWorkAndFilesAreRefused() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        try withLoop { loop in
            let reader = try Pipe(loop: loop, descriptor: ends[0])
            let writer = try Pipe(loop: loop, descriptor: ends[1])
            var received: [UInt8] = []
            reader.onRead = { received.append($0) }
            reader.resumeReading()
            #expect(writer.write(pattern(300_000)) != .refused)
            writer.finish(deadline: .max)
            try #require(try loop.run(for: patience) { reader.isClosed && writer.isClosed })
            #expect(received == pattern(300_000))

            let null = open("/dev/null", O_RDWR)
            defer { close(null) }
            let error = #expect(throws: UVError.self) { try Pipe(loop: loop, descriptor: null) }
            #expect(error?.name == "ENOTSUP")
        }
    }
}
