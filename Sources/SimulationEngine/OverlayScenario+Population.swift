import Crypto
import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Node
import Wire

extension OverlayScenario {
    /// The first few are everybody's bootstrap peers, and honest.
    private static let bootstrapCount = 4

    /// Core nodes first, then leaves, then those that belong to nobody's network.
    mutating func populate() {
        let everybody = parameters.nodes + parameters.sybils
        simulation.reserveCapacity(everybody)
        isHostile = [Bool](repeating: false, count: everybody)
        let seeds = min(OverlayScenario.bootstrapCount, core)
        let patterns = (0..<simulation.shardCount).map { _ in Patterns(self) }
        for number in 0..<parameters.nodes {
            let share = number < seeds ? 0 : number < core ? random.unit() * 0.5 : 0.5 + random.unit() * 0.5
            add(number, number < seeds ? \.bootstrap : number < core ? \.manager : \.leaf, of: patterns)
            simulation.scheduleStart(of: UInt32(number), at: .origin + parameters.joining * share)
        }
        scheduleNext(.publish, from: measuringBegins, rate: parameters.messagesPerSecond)
        scheduleNext(.lookUp, from: measuringBegins, rate: parameters.lookupsPerSecond)
        scheduleNext(.crash, from: .origin + parameters.joining, rate: parameters.churnPerHour * Double(core) / 3600)
        scheduleNext(.rehearse, from: .origin + parameters.joining * 0.5, rate: parameters.rehearsalPerSecond)
        corruptCore()
        for number in parameters.nodes..<everybody {
            add(number, \.manager, of: patterns)
            corrupt(number, .silent)
            simulation.scheduleStart(of: UInt32(number), at: .origin + parameters.joining * (random.unit() * 0.5))
        }
        for content in 0..<parameters.contents {
            schedule(.provide, UInt32(content), at: .origin + parameters.joining + parameters.settling * 0.5)
        }
    }

    /// What all nodes of a place and a shard have in common, in memory too.
    private struct Patterns {
        let bootstrap: NodeParameters
        let manager: NodeParameters
        let leaf: NodeParameters

        init(_ scenario: OverlayScenario) {
            let seeds = (0..<UInt32(min(OverlayScenario.bootstrapCount, scenario.core))).map {
                (scenario.simulation.peer(of: $0), [Simulation.address(of: $0)])
            }
            let network = NetworkParameters(
                id: Bytes32(words: 1, 2, 3, 4), prefix: "simulated", bootstrap: seeds, round: .seconds(30), shards: 1)
            bootstrap = scenario.pattern(.bootstrap, network)
            manager = scenario.pattern(.manager, network)
            leaf = scenario.pattern(.leaf, network)
        }
    }

    private func pattern(_ place: Discovery.Place, _ network: NetworkParameters) -> NodeParameters {
        var member = NodeParameters(
            signing: simulation.signing(of: 0), network: network, place: place, roles: [], profile: .zero,
            generator: Generator(seed: simulation.seed))
        member.discovery.managersWanted = 3
        member.kademlia.diversity = nil
        member.gossip.cacheCountMax = 256
        member.gossip.seenPerWindowMax = 4096
        parameters.weaken?(&member)
        return member
    }

    private mutating func add(_ number: Int, _ pattern: KeyPath<Patterns, NodeParameters>, of patterns: [Patterns]) {
        var member = patterns[number % patterns.count][keyPath: pattern]
        member.signing = simulation.signing(of: UInt32(number))
        member.generator = Generator(seed: simulation.seed).fork(UInt64(number))
        let speed = member.place == .leaf ? 10.0 : 100
        _ = simulation.add(member, megabitsUp: speed, megabitsDown: speed)
    }

    /// Draws who of the core is hostile.
    private mutating func corruptCore() {
        var draw = Generator(seed: simulation.seed).fork("adversaries")
        var candidates = Array(min(OverlayScenario.bootstrapCount, core)..<core)
        candidates.shuffle(using: &draw)
        let silent = Int(Double(core) * parameters.silentShare)
        let lying = Int(Double(core) * parameters.liarShare)
        for (index, number) in candidates.prefix(silent + lying).enumerated() {
            corrupt(number, index < silent ? .silent : index % 3 == 0 ? .mute : .lying)
        }
    }

    private mutating func corrupt(_ number: Int, _ misconduct: Misconduct) {
        isHostile[number] = true
        simulation.corrupt(UInt32(number), misconduct)
    }
}
