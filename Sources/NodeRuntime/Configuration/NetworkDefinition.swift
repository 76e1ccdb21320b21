internal import Crypto
public import Identity
internal import ProofOfRender
public import Wire

/// What all nodes of a network agree on, and how to find the first of them: the root of trust.
public struct NetworkDefinition: Equatable, Sendable {
    public var name = "development"
    /// First part of the network's own protocol ids, without slashes.
    public var protocolPrefix = "inferix-development"
    public var bootstrap: [Multiaddr] = []
    /// The Managers that exist before any registration. Empty only in a template.
    public var managers: [PeerID] = []
    public var privateAddresses = PrivateAddresses.dial
    /// Length of a beacon round in seconds (30; 2 in a development network).
    public var roundSeconds = 2
    /// Rounds of an accounting epoch, 72 hours.
    public var epochRounds = 129_600
    /// Topics that jobs are spread over (256; 1 in a small network).
    public var shards = 1
    /// Managers that replicate a shard (31; all of them while there are fewer).
    public var replicas = 31
    public var authority = Authority()
    public var gossip = GossipTuning()
    public var limits = Limits()
    public var marks = Marks()
    /// Attempts of a thousand whose result is false on purpose.
    public var decoys = 20

    public init() {}

    /// The network that needs nothing but itself: short rounds, one shard, no licences, private addresses dialled, no decoys.
    public static let development: NetworkDefinition = {
        var network = NetworkDefinition()
        network.decoys = 0
        return network
    }()

    public enum PrivateAddresses: String, NamedChoice {
        /// Loopback and private ranges are dialled, and exempt from the limits per address.
        case dial
        case refuse
    }

    /// Who licences nodes: k of these keys. Without keys no licence is needed.
    public struct Authority: Equatable, Sendable {
        public var keys: [PeerID] = []
        public var threshold = 0
        public init() {}
    }

    /// GossipSub 1.1's parameters, with the defaults of its specification.
    public struct GossipTuning: Equatable, Sendable {
        public var degree = 8
        public var degreeLow = 6
        public var degreeHigh = 12
        public var degreeLazy = 6
        /// Mesh links that must be our own dials.
        public var degreeOut = 2
        public var heartbeatMilliseconds = 1000
        public init() {}
    }

    /// What a node lets others take.
    public struct Limits: Equatable, Sendable {
        /// Connections from one IP address.
        public var connectionsPerAddress = 8
        /// Connections from one /24, or /56 of IPv6.
        public var connectionsPerSubnet = 32
        public var connectionsPerPeer = 8
        /// Unacknowledged streams of one peer.
        public var streamsPerPeer = 256
        public init() {}
    }

    /// The marks that Managers put into scenes and Verifiers look for; a thousandth is the unit of what is no whole number.
    public struct Marks: Equatable, Sendable {
        /// Of a task.
        public var count = 12
        /// Pixels of an imprint's side.
        public var sideMin = 4
        public var sideMax = 7
        /// Share of the light that a mark takes, and how deep the pattern modulates that.
        public var strength = 150
        public var amplitude = 500
        /// Mean and standard deviation of the pattern's periods, in pixels.
        public var period = 2000
        public var periodDeviation = 250
        /// Thresholds of the published check and of the matched filter.
        public var laplacianThreshold = 5000
        public var filterThreshold = 2230
        /// Tasks with a shorter side carry no marks.
        public var tileSideMin = 256
        /// Marks in textures as well.
        public var textures = true
        public init() {}

        /// As the roles take them.
        var parameters: MarkParameters {
            var parameters = MarkParameters()
            parameters.count = count
            parameters.sides = sideMin...max(sideMin, sideMax)
            parameters.strength = Double(strength) / 1000
            parameters.amplitude = Double(amplitude) / 1000
            parameters.periodMean = Double(period) / 1000
            parameters.periodDeviation = Double(periodDeviation) / 1000
            parameters.laplacianThreshold = Double(laplacianThreshold) / 1000
            parameters.filterThreshold = Double(filterThreshold) / 1000
            parameters.tileSideMin = UInt32(tileSideMin)
            parameters.hidesInTextures = textures
            return parameters
        }

        var numbers: [Int] {
            [
                count, sideMin, sideMax, strength, amplitude, period, periodDeviation, laplacianThreshold, filterThreshold, tileSideMin,
                textures ? 1 : 0,
            ]
        }

        /// The first rule of the published scheme that is broken.
        var problem: String? {
            if sideMin > sideMax { return "marks.side_min must be at most marks.side_max, not \(sideMin) and \(sideMax)" }
            return parameters.isValid ? nil : "marks.period_permille must be more than four times marks.period_deviation_permille"
        }
    }

    /// The hash of what makes it this network and no other; signed with every record, so that none can be replayed elsewhere.
    /// Ways to join it, limits and gossip parameters may change without making another network.
    public var identifier: Bytes32 {
        var hasher = Blake2b()
        hasher.update(lengthPrefixed: "inferix-network/1")
        hasher.update(lengthPrefixed: Array(name.utf8))
        hasher.update(lengthPrefixed: Array(protocolPrefix.utf8))
        for number in [roundSeconds, epochRounds, shards, replicas, authority.threshold] + marks.numbers {
            hasher.update(integer: Int64(number))
        }
        for peers in [managers, authority.keys] {
            hasher.update(integer: UInt64(peers.count))
            for peer in peers.sorted() { hasher.update(lengthPrefixed: peer.bytes) }
        }
        return hasher.finish()
    }
}
