internal import EventLoop
internal import Glibc
internal import Identity
internal import NodeRuntime
internal import Wire

/// The process that is measured: all load comes from ours, so its processor time and its memory are what the load costs.
final class TargetProcess {
    let name: String
    let peer: PeerID
    let address: Multiaddr
    private let process: SupervisedNode
    private let processID: Int32
    private let loop: EventLoop

    /// - Throws: where it cannot be started, or does not say within `patience` where it listens.
    init(_ name: String, loop: EventLoop, program: String, arguments: [String], patience: Duration = .seconds(60)) throws {
        self.name = name
        self.loop = loop
        process = SupervisedNode(name, loop: loop)
        var complaint = ""
        process.onLine = { complaint = $0 }
        try process.start(program, arguments)
        processID = process.processID ?? 0
        let process = process
        let isThere = try loop.run(for: patience) { !process.addresses.isEmpty || !process.isRunning }
        guard isThere, let address = process.addresses.first.flatMap({ Multiaddr($0) }), let peer = address.peer else {
            process.kill()
            throw BenchmarkFailure("\(name) did not start: \(complaint.isEmpty ? program : complaint)")
        }
        self.peer = peer
        self.address = address.withoutPeer
    }

    /// Seconds of processor time so far.
    func processorTime() throws(BenchmarkFailure) -> Double {
        guard process.isRunning, let time = Clock.processorTime(of: processID) else { throw BenchmarkFailure("\(name) has ended") }
        return time
    }

    /// Bytes.
    func memory() throws(BenchmarkFailure) -> (now: Int, peak: Int) {
        guard process.isRunning, let memory = ProcessMemory.resident(of: processID) else { throw BenchmarkFailure("\(name) has ended") }
        return memory
    }

    /// It has nothing that is worth a drain.
    func stop() throws {
        process.kill()
        _ = try loop.run(for: .seconds(10)) { !process.isRunning }
    }
}
