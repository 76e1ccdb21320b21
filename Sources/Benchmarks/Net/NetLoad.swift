internal import EventLoop
internal import Identity
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// The loads that a target is put under, one kind after the other.
struct NetLoad {
    var plan: NetBenchmark.Plan
    let loop: EventLoop
    let prefix: String
    let target: TargetProcess
    let progress: (String) -> Void

    /// Longest that one run may take before it counts as failed.
    static let patience: Duration = .seconds(120)

    private var section: String { target.name }

    func measure(into report: inout BenchmarkReport, blocks: [CID], rates: MachineRates) throws {
        try measureHandshakes(&report, rates)
        try measurePings(&report)
        try measureTransfers(&report, rates)
        try measureGossip(&report, rates)
        try measureBlocks(&report, blocks)
    }

    /// Runs a load and takes the target's processor time for it.
    /// - Returns: seconds of the clock, and of the target's processor.
    func timed(_ what: String, _ begin: () throws -> Void, until isDone: () -> Bool) throws -> (wall: Double, target: Double) {
        let before = try target.processorTime()
        var watch = Stopwatch()
        try begin()
        guard try loop.run(for: NetLoad.patience, until: isDone) else { throw BenchmarkFailure("\(target.name): \(what) did not end") }
        let wall = watch.lap()
        return (wall, try target.processorTime() - before)
    }

    // MARK: Connections

    /// Memory of connections that nobody uses.
    func measureConnections(into report: inout BenchmarkReport) throws {
        progress("\(section): idle connections")
        let peers = try (0..<plan.connections).map { _ in try LoadPeer(loop: loop, prefix: prefix) }
        // One more first, so that what comes with the first connection is not counted.
        let first = try LoadPeer(loop: loop, prefix: prefix)
        _ = try first.connect(to: target, on: loop)
        _ = try loop.run(for: plan.settling / 4) { false }
        let before = try target.memory().now
        for peer in peers { _ = try peer.connect(to: target, on: loop) }
        _ = try loop.run(for: plan.settling / 4) { false }
        let grown = Double(try target.memory().now - before)
        report.add(section, "connection_memory", "memory of an idle connection", "KiB", [grown / 1024 / Double(plan.connections)])
        for peer in peers + [first] { peer.close() }
        _ = try loop.run(for: .seconds(3)) { loop.handleCount <= 8 }
    }

    /// From the first packet to the secured and multiplexed connection; then it is closed and another one begins. Eight at once.
    private func measureHandshakes(_ report: inout BenchmarkReport, _ machine: MachineRates) throws {
        progress("\(section): handshakes")
        let peers = try (0..<8).map { _ in try LoadPeer(loop: loop, prefix: prefix) }
        defer { for peer in peers { peer.close() } }
        var (begun, done) = (0, 0)
        var failure: NetworkFailure?
        for peer in peers {
            peer.onConnection = { [unowned peer] handle in
                done += 1
                peer.driver.perform(.disconnect(handle, .closed))
            }
            peer.onDisconnection = { [unowned peer] in
                failure = failure ?? peer.failure
                guard begun < plan.handshakes else { return }
                begun += 1
                peer.dial(target)
            }
        }
        var rates: [Double] = []
        var costs: [Double] = []
        for _ in 0..<plan.runs {
            (begun, done) = (min(peers.count, plan.handshakes), 0)
            let (wall, spent) = try timed("handshakes") {
                for peer in peers.prefix(begun) { peer.dial(target) }
            } until: {
                done >= plan.handshakes || failure != nil
            }
            if let failure { throw BenchmarkFailure("\(target.name) refused a handshake: \(failure)") }
            rates.append(Double(done) / wall)
            costs.append(spent / Double(done) * 1e3)
            // The last goodbyes, which belong to this run.
            _ = try loop.run(for: .milliseconds(50)) { false }
        }
        report.add(section, "handshakes", "handshakes", "1/s", rates)
        report.add(section, "handshake_cpu", "processor time of the target per handshake", "ms", costs)
        compare("handshake_of_curves", "that time against the curve arithmetic alone", costs, machine.handshake, &report)
    }

    /// The median of what was measured against what the machine gives.
    private func compare(_ name: String, _ title: String, _ values: [Double], _ limit: Double, _ report: inout BenchmarkReport) {
        guard let value = Measurement("", "", "", values) else { return }
        report.add(section, name, title, "", [value.median / limit])
    }

    // MARK: One connection

    private func measurePings(_ report: inout BenchmarkReport) throws {
        progress("\(section): pings")
        let peer = try LoadPeer(loop: loop, prefix: prefix)
        defer { peer.close() }
        let handle = try peer.connect(to: target, on: loop)
        var left = 0
        var trips: [Double] = []
        peer.driver.onRoundTrip = { [unowned peer] _, duration in
            trips.append(duration.seconds)
            left -= 1
            if left > 0 { peer.driver.ping(handle) }
        }
        var medians: [Double] = []
        var costs: [Double] = []
        for _ in 0..<plan.runs {
            trips.removeAll(keepingCapacity: true)
            left = plan.pings
            let (_, spent) = try timed("pings") {
                peer.driver.ping(handle)
            } until: {
                left == 0
            }
            medians.append(trips.sorted()[trips.count / 2] * 1e6)
            costs.append(spent / Double(plan.pings) * 1e6)
        }
        report.add(section, "ping", "round trip of a ping, median of a run", "µs", medians)
        report.add(section, "ping_cpu", "processor time of the target per ping", "µs", costs)
    }

    /// One stream of zeros towards the target, then one from it.
    private func measureTransfers(_ report: inout BenchmarkReport, _ machine: MachineRates) throws {
        progress("\(section): streams")
        let peer = try LoadPeer(loop: loop, prefix: prefix)
        defer { peer.close() }
        let handle = try peer.connect(to: target, on: loop)
        var ended: Duration??
        peer.driver.onTransfer = { ended = .some($1) }
        let mebibytes = Double(plan.transfer) / Double(1 << 20)
        for (name, title, up, down) in [("receive", "received", plan.transfer, 0), ("send", "sent", 0, plan.transfer)] {
            var rates: [Double] = []
            var costs: [Double] = []
            for _ in 0..<plan.runs {
                ended = nil
                let (wall, spent) = try timed("a stream") {
                    peer.driver.transfer(handle, upload: up, download: down, timeout: NetLoad.patience)
                } until: {
                    ended != nil
                }
                guard let ended, ended != nil else {
                    report.skip("\(section), one stream \(title)", because: "the perf protocol came to nothing")
                    return
                }
                rates.append(mebibytes / wall)
                costs.append(spent / mebibytes * 1e3)
            }
            report.add(section, name, "one stream, \(title) by the target", "MiB/s", rates)
            report.add(section, "\(name)_cpu", "processor time of the target per MiB \(title)", "ms", costs)
            compare("\(name)_of_cipher", "that stream against the cipher's own rate", rates, machine.cipher, &report)
        }
    }

    // MARK: Gossip and blocks

    private func measureGossip(_ report: inout BenchmarkReport, _ machine: MachineRates) throws {
        progress("\(section): gossip")
        let relay = try GossipRelay(load: self, topic: BenchNetwork.topic)
        defer { relay.close() }
        guard try relay.prepare() else {
            report.skip("\(section), gossip", because: "the target did not join the mesh")
            return
        }
        var rates: [Double] = []
        var costs: [Double] = []
        for _ in 0..<plan.runs {
            let frames = relay.sign(plan.messages)
            let (wall, spent) = try timed("gossip") {
                relay.begin(frames)
            } until: {
                relay.received >= plan.messages
            }
            rates.append(Double(plan.messages) / wall)
            costs.append(spent / Double(plan.messages) * 1e6)
        }
        report.add(section, "gossip", "messages of \(plan.messageSize) bytes relayed, \(plan.inFlight) under way", "1/s", rates)
        report.add(section, "gossip_cpu", "processor time of the target per message relayed", "µs", costs)
        compare(
            "gossip_of_verification", "that rate against the signatures that one processor verifies", rates, machine.verification, &report)
    }

    private func measureBlocks(_ report: inout BenchmarkReport, _ blocks: [CID]) throws {
        guard !blocks.isEmpty else { return }
        progress("\(section): blocks")
        let fetcher = try BlockFetcher(loop: loop, prefix: prefix)
        defer { fetcher.close() }
        let handle = try fetcher.connect(to: target)
        let mebibytes = Double(blocks.count * plan.blockSize) / Double(1 << 20)
        var rates: [Double] = []
        var costs: [Double] = []
        for _ in 0..<plan.runs {
            let (wall, spent) = try timed("blocks") {
                fetcher.fetch(blocks, from: handle)
            } until: {
                fetcher.isDone
            }
            guard fetcher.failures == 0 else {
                report.skip("\(section), blocks", because: "\(fetcher.failures) of \(blocks.count) did not come")
                return
            }
            rates.append(mebibytes / wall)
            costs.append(spent / mebibytes * 1e3)
        }
        report.add(section, "blocks", "blocks of \(plan.blockSize >> 10) KiB fetched from the target", "MiB/s", rates)
        report.add(section, "blocks_cpu", "processor time of the target per MiB of blocks", "ms", costs)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
