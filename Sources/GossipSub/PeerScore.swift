internal import Determinism

/// What a peer has earned by its behaviour (libp2p/specs gossipsub v1.1, peer scoring): the sum over its topics (P1 to P4), what the
/// application thinks of it (P5), how many share its address (P6), and how it behaves (P7).
///
/// The value is computed anew at every heartbeat and whenever something counts against the peer; in between it is only read.
public struct PeerScore: Sendable {
    public struct Parameters: Sendable {
        /// P1. Weight of a quantum of time in the mesh. Default 0.01, so that being there earns 3 at most.
        public var meshTimeWeight: Float = 0.01
        public var meshTimeQuantum: Duration = .seconds(1)
        /// Quanta beyond this earn nothing. Default 300.
        public var meshTimeMax: Float = 300
        /// P2. Weight of a message that this peer was the first to bring. Default 0.5.
        public var firstDeliveryWeight: Float = 0.5
        /// More first deliveries than this earn nothing. Default 40.
        public var firstDeliveriesMax: Float = 40
        /// P3. Weight of the square of the deficit. Default -0.03: a mesh peer that brings nothing loses all that P1 can give.
        public var meshDeficitWeight: Float = -0.03
        /// P1 and P3 together are at least this. Default 0: a peer that brings nothing earns nothing by its presence and gives way to
        /// better ones, but is not put out for it, because one that is always behind us on the way of the messages brings nothing either.
        public var meshMin: Float = 0
        /// Deficit of a mesh peer that brings nothing. Default 10.
        public var meshDeficitMax: Float = 10
        /// Share of the messages of a topic that a mesh peer should bring, first or soon after. Default 0.05.
        public var meshShare: Float = 0.05
        /// Messages that must have come, decayed, before a peer's share is judged. Default 10.
        public var meshChancesMin: Float = 10
        /// A peer's share is judged after so long in the mesh. Default 20 s.
        public var meshActivation: Duration = .seconds(20)
        /// A message counts as brought soon after the first within this time. Default 2 s.
        public var meshDeliveryWindow: Duration = .seconds(2)
        /// P3b. Weight of the squared deficits with which a peer left the mesh. Default 0: who leaves gives up what P1 gave as well, so
        /// that there is no debt to run away from. Where `meshMin` is negative it should be that of P3.
        public var meshFailureWeight: Float = 0
        /// P4. Weight of the square of the invalid messages. Default -20.
        public var invalidWeight: Float = -20
        /// The topics together earn at most this. Default 40.
        public var topicsMax: Float = 40
        /// P5. Weight of what the application says. Default 1.
        public var applicationWeight: Float = 1
        /// P6. Weight of the square of the peers beyond the threshold that share an address. Default -10.
        public var colocationWeight: Float = -10
        /// Peers of one address that cost nothing. Default 4.
        public var colocationThreshold: Float = 4
        /// Loopback and private ranges do not count: for development networks.
        public var exemptsPrivate = true
        /// P7. Weight of the square of the behaviour penalty beyond its threshold. Default -5.
        public var behaviourWeight: Float = -5
        public var behaviourThreshold: Float = 2
        /// What is left of each count after a heartbeat. Default 0.98: half in 34 s.
        public var decay: Float = 0.98
        /// A peer with counts against it that comes back within this time finds them again. Default 10 min.
        public var retainedFor: Duration = .seconds(600)
        /// Absent peers remembered for that. Default 256.
        public var retainedMax = 256
        /// Below it no gossip is given or heard. Default -10.
        public var gossipThreshold: Float = -10
        /// Below it own messages are not flooded to the peer. Default -50.
        public var publishThreshold: Float = -50
        /// Below it nothing that the peer says is heard. Default -80.
        public var graylistThreshold: Float = -80
        /// From it on the peers that a peer offers in PRUNE are dialled. Default 5: ten first deliveries.
        public var exchangeThreshold: Float = 5
        /// Where the median of a mesh is below it, better peers are grafted besides. Default 1.
        public var opportunisticThreshold: Float = 1

        public init() {}

        public var isValid: Bool {
            gossipThreshold < 0 && publishThreshold <= gossipThreshold && graylistThreshold < publishThreshold && decay > 0 && decay < 1
                && invalidWeight < 0 && behaviourWeight < 0 && firstDeliveryWeight >= 0 && meshTimeWeight >= 0 && meshDeficitWeight <= 0
                && meshFailureWeight <= 0 && colocationWeight <= 0 && meshTimeQuantum > .zero && exchangeThreshold >= 0
                && opportunisticThreshold >= 0 && retainedMax >= 0 && meshShare >= 0 && meshShare < 1
        }
    }

    /// No count grows beyond this.
    static let countMax: Float = 1000

    /// Sorted by topic; only topics in which there is something to count.
    private(set) var topics: [TopicScore] = []
    /// As last computed.
    private(set) var value: Float = 0
    private(set) var behaviourPenalty: Float = 0
    /// P5, as the application last said.
    var application: Float = 0
    /// Connected peers that share the address, this one included.
    var colocated: UInt16 = 1

    var isNegative: Bool { !(value >= 0) }

    /// Nothing decays, and time makes no difference: once it is computed, a heartbeat would leave it as it is.
    var isQuiet: Bool { topics.isEmpty && behaviourPenalty == 0 }

    /// Computed now, its value would be another: that of somebody new is 0 until the first heartbeat, whatever the weights.
    func changes(_ parameters: Parameters, now: Instant) -> Bool {
        var other = self
        other.refresh(parameters, now: now)
        return other.value != value
    }

    mutating func noteMisbehaviour(_ weight: Float, _ parameters: Parameters, now: Instant) {
        behaviourPenalty = min(behaviourPenalty + weight, PeerScore.countMax)
        refresh(parameters, now: now)
    }

    mutating func noteInvalidMessage(in topic: TopicID, _ parameters: Parameters, now: Instant) {
        self[topic].invalidMessages = min(self[topic].invalidMessages + 1, PeerScore.countMax)
        refresh(parameters, now: now)
    }

    mutating func noteFirstDelivery(in topic: TopicID, _ parameters: Parameters) {
        self[topic].firstDeliveries = min(self[topic].firstDeliveries + 1, parameters.firstDeliveriesMax)
        noteMeshDelivery(in: topic)
    }

    /// A valid message from a peer that is in the mesh.
    mutating func noteMeshDelivery(in topic: TopicID) {
        guard let index = index(of: topic), topics[index].meshSince != nil else { return }
        topics[index].meshDeliveries = min(topics[index].meshDeliveries + 1, PeerScore.countMax)
    }

    /// A valid message came, from whomever.
    mutating func noteChance(in topic: TopicID) {
        guard let index = index(of: topic), topics[index].meshSince != nil else { return }
        topics[index].chances = min(topics[index].chances + 1, PeerScore.countMax)
    }

    mutating func enterMesh(of topic: TopicID, now: Instant) { self[topic].meshSince = now }

    mutating func leaveMesh(of topic: TopicID, _ parameters: Parameters, now: Instant) {
        guard let index = index(of: topic), topics[index].meshSince != nil else { return }
        topics[index].leaveMesh(parameters, now: now)
        refresh(parameters, now: now)
    }

    mutating func decay(_ parameters: Parameters, now: Instant) {
        for index in topics.indices { topics[index].decay(parameters) }
        if topics.contains(where: \.isBlank) { topics.removeAll(where: \.isBlank) }
        behaviourPenalty = PeerScore.decayed(behaviourPenalty, parameters.decay)
        refresh(parameters, now: now)
    }

    static func decayed(_ value: Float, _ factor: Float) -> Float {
        let next = value * factor
        return next < 0.01 ? 0 : next
    }

    mutating func refresh(_ parameters: Parameters, now: Instant) {
        var sum: Float = 0
        for topic in topics { sum += topic.value(parameters, now: now) }
        sum = min(sum, parameters.topicsMax)
        let crowd = max(0, Float(colocated) - parameters.colocationThreshold)
        let excess = max(0, behaviourPenalty - parameters.behaviourThreshold)
        value =
            sum + application * parameters.applicationWeight + crowd * crowd * parameters.colocationWeight
            + excess * excess * parameters.behaviourWeight
    }

    /// What counts against the peer and outlives its connection; nil where nothing does. Merits are lost.
    var blemishes: PeerScore? {
        var rest = PeerScore()
        rest.behaviourPenalty = behaviourPenalty
        for topic in topics where topic.meshFailures > 0 || topic.invalidMessages > 0 {
            var kept = TopicScore(topic: topic.topic)
            kept.meshFailures = topic.meshFailures
            kept.invalidMessages = topic.invalidMessages
            rest.topics.append(kept)
        }
        return rest.topics.isEmpty && behaviourPenalty == 0 ? nil : rest
    }

    func topic(_ topic: TopicID) -> TopicScore? { index(of: topic).map { topics[$0] } }

    private func index(of topic: TopicID) -> Int? { topics.firstIndex { $0.topic == topic } }

    private subscript(topic: TopicID) -> TopicScore {
        get { index(of: topic).map { topics[$0] } ?? TopicScore(topic: topic) }
        set {
            if let index = index(of: topic) {
                topics[index] = newValue
            } else {
                topics.insert(newValue, at: topics.firstIndex { $0.topic > topic } ?? topics.count)
            }
        }
    }
}
