/// What a peer has earned by its behaviour (libp2p/specs gossipsub v1.1, peer scoring), over all topics.
///
/// Three of the specification's components: first deliveries (P2), invalid messages (P4), behaviour (P7). Those that count by
/// topic or by address add to `value` here, and the mesh asks for nothing else.
public struct PeerScore: Sendable {
    public struct Parameters: Sendable {
        /// Weight of a message that this peer was the first to bring. Default 0.5.
        public var firstDeliveryWeight: Float = 0.5
        /// More first deliveries than this earn nothing. Default 40.
        public var firstDeliveriesMax: Float = 40
        /// Weight of the square of the invalid messages. Default -20.
        public var invalidWeight: Float = -20
        /// Weight of the square of the behaviour penalty beyond its threshold. Default -5.
        public var behaviourWeight: Float = -5
        public var behaviourThreshold: Float = 2
        /// What is left of each count after a heartbeat. Default 0.98: half in 34 s.
        public var decay: Float = 0.98
        /// Below it no gossip is given or heard. Default -10.
        public var gossipThreshold: Float = -10
        /// Below it own messages are not flooded to the peer. Default -50.
        public var publishThreshold: Float = -50
        /// Below it nothing that the peer says is heard. Default -80.
        public var graylistThreshold: Float = -80

        public init() {}

        public var isValid: Bool {
            gossipThreshold < 0 && publishThreshold <= gossipThreshold && graylistThreshold < publishThreshold && decay > 0 && decay < 1
                && invalidWeight < 0 && behaviourWeight < 0 && firstDeliveryWeight >= 0
        }
    }

    public private(set) var firstDeliveries: Float = 0
    public private(set) var invalidMessages: Float = 0
    public private(set) var behaviourPenalty: Float = 0

    public init() {}

    mutating func noteFirstDelivery(_ parameters: Parameters) {
        firstDeliveries = min(firstDeliveries + 1, parameters.firstDeliveriesMax)
    }

    mutating func noteInvalidMessage() { invalidMessages = min(invalidMessages + 1, 1000) }
    mutating func noteMisbehaviour(_ weight: Float = 1) { behaviourPenalty = min(behaviourPenalty + weight, 1000) }

    mutating func decay(_ parameters: Parameters) {
        firstDeliveries = PeerScore.decayed(firstDeliveries, parameters.decay)
        invalidMessages = PeerScore.decayed(invalidMessages, parameters.decay)
        behaviourPenalty = PeerScore.decayed(behaviourPenalty, parameters.decay)
    }

    private static func decayed(_ value: Float, _ factor: Float) -> Float {
        let next = value * factor
        return next < 0.01 ? 0 : next
    }

    public func value(_ parameters: Parameters) -> Float {
        let excess = max(0, behaviourPenalty - parameters.behaviourThreshold)
        return firstDeliveries * parameters.firstDeliveryWeight + invalidMessages * invalidMessages * parameters.invalidWeight
            + excess * excess * parameters.behaviourWeight
    }
}
