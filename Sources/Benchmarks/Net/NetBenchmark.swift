internal import EventLoop
internal import NodeRuntime
internal import Roles
internal import Wire

/// A node's network from outside: real processes on loopback, load from this process, processor time and memory of the target alone.
public struct NetBenchmark {
    public struct Plan: Sendable {
        public var runs = 5
        /// Of one run each.
        public var handshakes = 200
        public var pings = 2000
        public var transfer: UInt64 = 256 << 20
        public var messages = 2000
        public var blocks = 48
        /// Gossip messages under way at once, and their bytes.
        public var inFlight = 16
        public var messageSize = 1024
        public var blockSize = 1 << 20
        /// Idle connections that the memory of one is measured with.
        public var connections = 200
        /// Managers that the idle Verifier is connected to.
        public var managers = 3
        /// How long processes settle before their idle memory is read: several rounds.
        public var settling: Duration = .seconds(8)

        public init() {}

        /// Everything once, as small as it goes.
        public static var tiny: Plan {
            var plan = Plan()
            (plan.runs, plan.handshakes, plan.pings, plan.transfer, plan.messages, plan.blocks) = (1, 4, 5, 1 << 20, 24, 2)
            (plan.connections, plan.managers, plan.settling) = (3, 2, .milliseconds(200))
            return plan
        }

        /// py-libp2p needs up to ten times as long for the same.
        var reduced: Plan {
            var plan = self
            plan.handshakes = max(2, handshakes / 10)
            plan.pings = max(2, pings / 10)
            plan.transfer = max(1 << 20, transfer / 8)
            plan.messages = max(plan.inFlight, messages / 10)
            plan.blocks = max(1, blocks / 8)
            // Theirs takes no larger ones.
            plan.blockSize = min(blockSize, 512 << 10)
            return plan
        }
    }

    /// Another implementation to measure side by side.
    public enum Peer: String, CaseIterable, Sendable {
        /// py-libp2p, with the Python that `INTEROP_PYTHON` names.
        case py
    }

    private let plan: Plan
    private let node: String
    private let directory: String

    /// - Parameters:
    ///   - node: the program of the node.
    ///   - directory: where the processes keep their files; they are removed.
    public init(_ plan: Plan = Plan(), node: String, directory: String) {
        self.plan = plan
        self.node = node
        self.directory = directory
    }

    /// - Parameter python: an interpreter that has py-libp2p; nil leaves it out.
    public func run(peer: Peer? = nil, python: String? = nil, progress: @escaping (String) -> Void = { _ in }) throws -> BenchmarkReport {
        var report = BenchmarkReport("net")
        let scratch = try ScratchDirectory(in: directory)
        let loop = try EventLoop()
        defer { try? loop.shutdown() }
        let rates = MachineRates.measure(runs: plan.runs, bytes: Int(min(plan.transfer, 64 << 20)), into: &report)
        let network = try BenchNetwork(node: node, directory: scratch.path, managers: plan.managers)
        try IdleMemory(plan: plan, network: network, loop: loop).measure(into: &report, progress)
        let blocks = (0..<plan.blocks).map { TestPattern.block(plan.blockSize, number: UInt64($0)) }
        let cids = try OfflineBlocks.keep(blocks, for: .worker, scope: .zero, in: network.places("target"))
        let target = try network.start(
            "target", role: .manager, loop, ["--serve", "perf", "--subscribe", BenchNetwork.topic])
        let load = NetLoad(plan: plan, loop: loop, prefix: network.prefix, target: target, progress: progress)
        try load.measureConnections(into: &report)
        var other: (load: NetLoad, blocks: [CID])?
        if peer == .py { other = try pythonLoad(python, scratch.path, loop, &report, progress) }
        if let other {
            try SideBySide(runs: plan.runs, rates: rates).measure((load, cids), other, into: &report)
            try other.load.target.stop()
        } else {
            try load.measure(into: &report, blocks: cids, rates: rates)
        }
        try target.stop()
        return report
    }

    /// Nil, with the reason in the report, where it cannot be had.
    private func pythonLoad(
        _ python: String?, _ directory: String, _ loop: EventLoop, _ report: inout BenchmarkReport,
        _ progress: @escaping (String) -> Void
    ) throws -> (load: NetLoad, blocks: [CID])? {
        guard let python else {
            report.skip("py-libp2p", because: "INTEROP_PYTHON names no interpreter")
            return nil
        }
        let plan = plan.reduced
        let script = directory + "/peer.py"
        try TextFile.write(Array(PythonPeer.script.utf8), to: script)
        do {
            let target = try TargetProcess(
                "py-libp2p", loop: loop, program: python, arguments: [script, BenchNetwork.topic, "\(plan.blocks)", "\(plan.blockSize)"])
            let load = NetLoad(plan: plan, loop: loop, prefix: "ipfs", target: target, progress: progress)
            return (load, (0..<plan.blocks).map { PythonPeer.block($0, size: plan.blockSize) })
        } catch let failure as BenchmarkFailure {
            report.skip("py-libp2p", because: failure.problem)
            return nil
        }
    }
}
