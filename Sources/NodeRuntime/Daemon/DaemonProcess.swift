internal import EventLoop
internal import Glibc
internal import Identity
public import Logging
internal import Node
internal import Store
internal import Wire

/// A node as a whole process: the lock, the loop, signals, what it prints, its exit status.
public enum DaemonProcess {
    /// Runs until a signal has drained the node. SIGTERM and SIGINT drain; a second one stops at once.
    ///
    /// - Parameter isSupervised: somebody else decides when it ends: it drains when its standard input does, and leaves SIGINT, which a
    ///   terminal sends to a whole group, to the supervisor.
    /// - Returns: the exit status: 0 after a drain, 128 + n after a second signal n.
    public static func run(_ settings: DaemonSettings, log: Logger, isSupervised: Bool) throws(DaemonError) -> Int32 {
        let places = settings.places
        // Held to the end of the process: a second one on this directory is refused.
        let lock: DirectoryLock
        let loop: EventLoop
        do {
            try Directory.create(places.data)
            lock = try DirectoryLock(places.data)
            loop = try EventLoop()
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        let daemon = try NodeDaemon(loop: loop, settings: settings, log: log)
        var outcome: Result<Int32, DaemonError>?
        daemon.onStopped = { error in
            outcome = outcome ?? error.map(Result.failure) ?? .success(0)
            loop.stop()
        }
        let interrupted: (Int32) -> Void = { signal in
            if daemon.phase == .running { return daemon.drain() }
            outcome = .success(128 + signal)
            loop.stop()
        }
        var input: Pipe?
        do throws(UVError) {
            _ = try SignalWatcher(loop: loop, signal: SIGTERM) { interrupted(SIGTERM) }
            _ = try SignalWatcher(loop: loop, signal: SIGINT) { if !isSupervised { interrupted(SIGINT) } }
            if isSupervised {
                let pipe = try Pipe(loop: loop, descriptor: STDIN_FILENO)
                pipe.onRead = { _ in }
                pipe.onClose = { _ in daemon.drain() }
                pipe.resumeReading()
                input = pipe
            }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        try daemon.start()
        try RunFile(
            processID: Int(getpid()), peer: daemon.node.identity, address: daemon.network.adminAddress,
            prefix: settings.definition.protocolPrefix
        ).write(places)
        for address in daemon.network.addresses { StandardOutput.line("listening \(address.appending(daemon.node.identity))") }
        while outcome == nil { loop.run() }
        RunFile.remove(places)
        input?.onClose = nil
        daemon.stopNow()
        do throws(UVError) {
            try loop.shutdown()
        } catch {
            log.error("\(error)")
        }
        return try withExtendedLifetime(lock) { () throws(DaemonError) in try outcome?.get() ?? 0 }
    }
}

/// Standard output, for the lines that others read.
enum StandardOutput {
    static func line(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        // Whoever started us may have closed it: the node goes on.
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
