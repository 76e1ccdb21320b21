import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

@Suite struct ScoreTests {
    let shard = Array("shard".utf8)

    private func forged(_ number: UInt64) -> [UInt8] {
        var frame = Lab.frame(number)
        frame[frame.count - 1] ^= 1
        return frame
    }

    // MARK: The components

    @Test func timeInTheMeshEarnsALittle() {
        // One brings every message and the other soon after: what the second has, it has for being there.
        var lab = Lab(peers: 2)
        for peer in 1...2 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
        for beat in 0..<400 as Range<UInt64> {
            for peer in 1...2 as ClosedRange<UInt32> { _ = lab.hear(Lab.frame(beat), from: peer) }
            lab.now = lab.now + .seconds(1)
            _ = lab.beat()
        }
        #expect(abs(lab.score(2) - 3) < 0.01)
        _ = lab.hear(RPC.prune(shard, backoff: .seconds(1)), from: 2)
        #expect(lab.score(2) < 0.01)
    }

    /// Nobody shows anything by being in a mesh through which nothing comes: it would hide who is silent elsewhere.
    @Test func timeInAQuietMeshEarnsNothing() {
        var lab = Lab()
        _ = lab.hear(RPC.graft(shard))
        _ = lab.hear(Lab.frame(0))
        for _ in 0..<400 { _ = lab.beat() }
        #expect(lab.score(1) < 0.01)
    }

    @Test func firstDeliveriesEarnUpToABound() {
        var lab = Lab(peers: 2)
        for number in 0..<10 as Range<UInt64> {
            _ = lab.hear(Lab.frame(number), from: 1)
            _ = lab.hear(Lab.frame(number), from: 2)
        }
        _ = lab.beat()
        #expect(abs(lab.score(1) - 0.5 * 9.8) < 0.02)
        #expect(lab.score(2) < 0.02, "only the first counts")
        for number in 10..<200 as Range<UInt64> { _ = lab.hear(Lab.frame(number), from: 1) }
        _ = lab.beat()
        #expect(lab.score(1) < 21)
    }

    /// A mesh in which one peer takes everything and passes nothing on.
    private func silence(_ parameters: GossipSub.Parameters = .init(), beats: Int = 120) -> Lab {
        var lab = Lab(parameters: parameters, peers: 3)
        for peer in 1...3 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
        var number: UInt64 = 0
        for _ in 0..<beats {
            for _ in 0..<4 {
                number += 1
                // One brings it, another brings it soon after, the third never.
                _ = lab.hear(Lab.frame(number), from: number.isMultiple(of: 2) ? 1 : 2)
                if number.isMultiple(of: 5) { _ = lab.hear(Lab.frame(number), from: number.isMultiple(of: 2) ? 2 : 1) }
            }
            _ = lab.beat()
        }
        return lab
    }

    @Test func whoForwardsNothingEarnsNothing() {
        let lab = silence()
        #expect(lab.score(1) > 15 && lab.score(2) > 15)
        #expect(lab.score(3) <= 0)
        // Without P3 it would have earned by its presence alone.
        var parameters = GossipSub.Parameters()
        parameters.score.meshDeficitWeight = 0
        #expect(silence(parameters).score(3) > 1)
    }

    @Test func bringingAShareSoonAfterTheFirstIsEnough() {
        var lab = Lab(peers: 2)
        for peer in 1...2 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
        for number in 0..<400 as Range<UInt64> {
            _ = lab.hear(Lab.frame(number), from: 1)
            if number.isMultiple(of: 10) { _ = lab.hear(Lab.frame(number), from: 2) }
            if number.isMultiple(of: 4) { _ = lab.beat() }
        }
        #expect(lab.score(2) > 0.5)
        // The same one again and again is one.
        #expect(lab.machine.peers[1].score.topic(lab.topic)!.meshDeliveries < 25)
        let before = lab.machine.peers[1].score.topic(lab.topic)!.meshDeliveries
        for _ in 0..<50 { _ = lab.hear(Lab.frame(399), from: 2) }
        #expect(lab.machine.peers[1].score.topic(lab.topic)!.meshDeliveries == before + 1)
    }

    @Test func whatComesLateIsNoDelivery() {
        var lab = Lab(peers: 2)
        for peer in 1...2 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
        _ = lab.hear(Lab.frame(1), from: 1)
        lab.now = lab.now + .seconds(3)
        _ = lab.hear(Lab.frame(1), from: 2)
        #expect(lab.machine.peers[1].score.topic(lab.topic)!.meshDeliveries == 0)
    }

    /// Nobody is put out of the mesh for silence alone, unless the network wants it so.
    @Test func silenceCanBeMadeToCostThePlaceInTheMesh() {
        #expect(silence().machine.mesh(of: TopicID(index: 0)).count == 3)
        var parameters = GossipSub.Parameters()
        parameters.score.meshMin = -100
        parameters.score.meshFailureWeight = -0.03
        let lab = silence(parameters, beats: 22)
        #expect(lab.machine.mesh(of: lab.topic).count == 2)
        // P3b: a hundred at -0.03, decayed since.
        #expect((-3 ... -2.5).contains(lab.score(3)))
    }

    @Test func invalidMessagesCostTheirSquare() {
        var lab = Lab(peers: 3)
        for number in 0..<3 as Range<UInt64> {
            _ = lab.hear(forged(number), from: 1)
            #expect(lab.score(1) == -20 * Float((number + 1) * (number + 1)))
        }
        #expect(lab.score(2) == 0)
    }

    @Test func whoBringsARejectedMessageTooPaysToo() {
        var lab = Lab(validation: .application, peers: 3)
        let handle = lab.hear(Lab.frame(1), from: 1).handles[0]
        _ = lab.hear(Lab.frame(1), from: 2)
        _ = lab.give(.validated(handle, .reject))
        #expect(lab.hear(Lab.frame(1), from: 3).penalties == [.rejectedMessage])
        #expect([1, 2, 3].map { lab.score($0) } == [-20, -20, -20])
    }

    @Test func theApplicationHasItsSay() {
        var lab = Lab(peers: 2)
        _ = lab.give(.judged(PeerHandle(index: 1), 7))
        _ = lab.give(.judged(PeerHandle(index: 2), -90))
        #expect(lab.score(1) == 7)
        #expect(lab.hear(Lab.frame(1), from: 2).isEmpty)
        let before = lab.machine.peers[0].score.application
        _ = lab.beat(50)
        #expect(lab.machine.peers[0].score.application == before, "it does not decay")
        #expect(lab.score(1) >= 7)
    }

    @Test func manyPeersOfOneAddressPay() {
        var lab = Lab()
        func at(_ host: UInt32) -> GossipSub.PeerFacts { .init(address: .tcp4(host, port: 4001)) }
        for number in 10..<18 as Range<UInt32> { lab.add(number, .inbound, at(0x5000_0001)) }
        for number in 20..<40 as Range<UInt32> { lab.add(number, .inbound, at(0x5000_0100 + number)) }
        for number in 40..<60 as Range<UInt32> { lab.add(number, .inbound, at(0x7f00_0001)) }
        // Four too many, squared.
        #expect((10..<18).allSatisfy { lab.score($0) == -160 })
        #expect((20..<60).allSatisfy { lab.score($0) == 0 }, "others, and loopback")
        for number in 10..<14 as Range<UInt32> { _ = lab.give(.peerRemoved(PeerHandle(index: number))) }
        #expect((14..<18).allSatisfy { lab.score($0) == 0 })

        var parameters = GossipSub.Parameters()
        parameters.score.exemptsPrivate = false
        lab = Lab(parameters: parameters)
        for number in 40..<60 as Range<UInt32> { lab.add(number, .inbound, at(0x7f00_0001)) }
        #expect(lab.score(40) == -2560)
    }

    @Test func oneNetworkOfIPv6IsOneHost() {
        var lab = Lab()
        for number in 0..<6 as Range<UInt32> {
            lab.add(10 + number, .inbound, .init(address: Multiaddr([.ip6(0x2a00_0001_0002_0003, UInt64(number)), .tcp(1)])))
        }
        #expect(lab.score(10) == -40)
    }

    // MARK: What follows

    @Test func reconnectingWipesNothingOut() {
        var lab = Lab()
        let id = Lab.identity(1)
        for number in 0..<10 as Range<UInt64> { _ = lab.hear(Lab.frame(number)) }
        _ = lab.hear(forged(100))
        _ = lab.hear(forged(101))
        _ = lab.give(.peerRemoved(lab.peer))
        lab.add(5, as: id, .inbound)
        #expect(lab.score(5) == -80, "its sins without its merits")
        _ = lab.give(.peerRemoved(PeerHandle(index: 5)))
        lab.now = lab.now + .seconds(601)
        lab.add(6, as: id, .inbound)
        #expect(lab.score(6) == 0)
    }

    @Test func theAbsentAreRememberedUpToABound() {
        var lab = Lab()
        for number in 10..<400 as Range<UInt32> {
            lab.add(number, .inbound)
            _ = lab.hear(forged(UInt64(number)), from: number)
            _ = lab.give(.peerRemoved(PeerHandle(index: number)))
        }
        #expect(lab.machine.departed.count == 256)
        // And for a while: what they took up goes with them.
        lab.now = lab.now + .seconds(600)
        _ = lab.beat()
        #expect(lab.machine.departed.isEmpty && lab.machine.departed.capacity <= 8)
    }

    @Test func theSpecificationsThresholdsHold() {
        var lab = Lab(peers: 4)
        let offer = RPC.ihave(shard, ids: [GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: 900)])
        for (peer, opinion) in [(1, -9), (2, -11), (3, -51), (4, -81)] as [(UInt32, Float)] {
            _ = lab.give(.judged(PeerHandle(index: peer), opinion))
        }
        #expect((1...4).map { lab.hear(offer, from: $0).sent.count } == [1, 0, 0, 0])
        #expect((1...4).map { lab.hear(Lab.frame(UInt64($0)), from: $0).delivered.count } == [1, 1, 1, 0])
        #expect(lab.give(.publish(lab.topic, [1])).sent.map(\.to.index) == [1, 2])
    }

    /// Whom a mesh that is too large lets go are the silent ones: among many of them it needs more than a few that send something on.
    @Test func sixThatHaveEarnedItStayInTheMesh() {
        var lab = Lab(peers: 12)
        for peer in 1...12 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
        for number in 0..<240 as Range<UInt64> {
            _ = lab.hear(Lab.frame(number), from: UInt32(2 + 2 * (number % 6)))
            if number.isMultiple(of: 4) { _ = lab.beat() }
        }
        let mesh = Set(lab.machine.mesh(of: lab.topic).map(\.index))
        #expect(mesh.count == 8 && mesh.isSuperset(of: [2, 4, 6, 8, 10, 12]), "\(mesh.sorted())")
    }

    @Test func betterPeersAreGraftedWhereTheMeshIsSilent() {
        func run(_ beats: UInt64) -> [PeerHandle] {
            var parameters = GossipSub.Parameters()
            parameters.opportunisticBeats = beats
            var lab = Lab(parameters: parameters, peers: 8)
            for peer in 1...8 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: peer) }
            // These two are not in the mesh and bring everything.
            lab.add(20, .inbound)
            lab.add(21, .inbound)
            for number in 0..<240 as Range<UInt64> {
                _ = lab.hear(Lab.frame(number), from: number.isMultiple(of: 2) ? 20 : 21)
                if number.isMultiple(of: 3) { _ = lab.beat() }
            }
            return lab.machine.mesh(of: lab.topic)
        }
        #expect(Set(run(60).map(\.index)).isSuperset(of: [20, 21]))
        #expect(Set(run(1 << 40).map(\.index)).isDisjoint(with: [20, 21]))
    }
}
