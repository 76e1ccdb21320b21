internal import Determinism

/// What one peer has done in one topic (libp2p/specs gossipsub v1.1, "Topic Parameter Calculation": P1 to P4). Counts decay.
struct TopicScore: Sendable {
    /// In our mesh since then, `distantFuture` outside of it: an optional would make 48 bytes of 32.
    private var enteredAt = Instant.distantFuture
    /// Valid messages that it was the first to bring (P2).
    var firstDeliveries: Float = 0
    /// Valid messages that it brought while in the mesh, first or soon after (P3).
    var meshDeliveries: Float = 0
    /// Valid messages that came to us, from whomever, while it was in the mesh.
    var chances: Float = 0
    /// Squares of the deficits with which it left the mesh (P3b).
    var meshFailures: Float = 0
    /// (P4)
    var invalidMessages: Float = 0
    let topic: TopicID

    init(topic: TopicID) { self.topic = topic }

    /// In our mesh since then (P1); nil outside of it.
    var meshSince: Instant? {
        get { enteredAt == .distantFuture ? nil : enteredAt }
        set { enteredAt = newValue ?? .distantFuture }
    }

    var isBlank: Bool {
        meshSince == nil && firstDeliveries == 0 && meshFailures == 0 && invalidMessages == 0
    }

    /// How far a mesh peer falls short of the share that is expected of it: 0 for enough, `meshDeficitMax` for nothing at all.
    ///
    /// The specification compares with a fixed rate, which punishes everybody where a topic is quiet. Here it is a share of what came,
    /// once enough came to tell.
    func deficit(_ parameters: PeerScore.Parameters, now: Instant) -> Float {
        guard let meshSince, now - meshSince >= parameters.meshActivation, chances >= parameters.meshChancesMin else { return 0 }
        let expected = chances * parameters.meshShare
        return meshDeliveries >= expected ? 0 : parameters.meshDeficitMax * (1 - meshDeliveries / expected)
    }

    func value(_ parameters: PeerScore.Parameters, now: Instant) -> Float {
        var value = firstDeliveries * parameters.firstDeliveryWeight + meshFailures * parameters.meshFailureWeight
        if let meshSince {
            let deficit = deficit(parameters, now: now)
            // Where nothing comes nobody shows anything by being there.
            let merit = chances < parameters.meshChancesMin ? 0 : meshTime(meshSince, parameters, now: now) * parameters.meshTimeWeight
            value += max(parameters.meshMin, merit + deficit * deficit * parameters.meshDeficitWeight)
        }
        return value + invalidMessages * invalidMessages * parameters.invalidWeight
    }

    /// Quanta in the mesh, of which there are no more than `meshTimeMax`.
    private func meshTime(_ since: Instant, _ parameters: PeerScore.Parameters, now: Instant) -> Float {
        min(Float((now - since).inSeconds / parameters.meshTimeQuantum.inSeconds), parameters.meshTimeMax)
    }

    mutating func leaveMesh(_ parameters: PeerScore.Parameters, now: Instant) {
        let deficit = deficit(parameters, now: now)
        meshFailures = min(meshFailures + deficit * deficit, PeerScore.countMax)
        meshSince = nil
        meshDeliveries = 0
        chances = 0
    }

    mutating func decay(_ parameters: PeerScore.Parameters) {
        firstDeliveries = PeerScore.decayed(firstDeliveries, parameters.decay)
        meshDeliveries = PeerScore.decayed(meshDeliveries, parameters.decay)
        chances = PeerScore.decayed(chances, parameters.decay)
        meshFailures = PeerScore.decayed(meshFailures, parameters.decay)
        invalidMessages = PeerScore.decayed(invalidMessages, parameters.decay)
    }
}
