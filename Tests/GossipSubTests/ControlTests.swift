import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

@Suite struct ControlTests {
    let shard = Array("shard".utf8)

    func control(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(3, build)
        return writer.bytes
    }

    func isControl(_ bytes: [UInt8], field: UInt32) -> Bool {
        var reader = ProtobufReader(bytes)
        guard let outer = try? reader.next(), outer.number == 3, let body = try? outer.bytes() else { return false }
        var nested = ProtobufReader(body)
        return (try? nested.next())?.number == field
    }

    @Test func meshIsGraftedAndPrunedWithinItsBounds() {
        var lab = Lab(peers: 30)
        let grafts = lab.beat().sent.filter { isControl($0.bytes, field: 3) }
        #expect(grafts.count == 8 && grafts.allSatisfy { $0.priority == .control })
        #expect(lab.machine.mesh(of: lab.topic).count == 8)
        for number in 1...30 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: number) }
        #expect(lab.machine.mesh(of: lab.topic).count == 30)  // all are outbound
        let prunes = lab.beat().sent.filter { isControl($0.bytes, field: 4) }
        #expect(prunes.count == 22)
        #expect(lab.machine.mesh(of: lab.topic).count == 8)
    }

    /// Between `d` and `dHigh` one goes now and then; without that it would stay.
    @Test func aMeshAboveItsSizeIsTrimmed() {
        func meshAfter(_ beats: Int, trimChance: Double) -> Int {
            var parameters = GossipSub.Parameters()
            parameters.trimChance = trimChance
            var lab = Lab(parameters: parameters, peers: 12)
            for number in 1...12 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: number) }
            for _ in 0..<beats {
                let before = lab.machine.mesh(of: lab.topic).count
                let prunes = lab.beat().sent.filter { isControl($0.bytes, field: 4) }.count
                #expect(prunes <= 1 && lab.machine.mesh(of: lab.topic).count == before - prunes)
            }
            return lab.machine.mesh(of: lab.topic).count
        }
        #expect(meshAfter(55, trimChance: 0.25) == 8)
        #expect(meshAfter(55, trimChance: 0) == 12)
    }

    @Test func inboundPeersCannotFillTheMesh() {
        var lab = Lab(peers: 1)
        for number in 2...40 as ClosedRange<UInt32> {
            let handle = PeerHandle(index: number)
            _ = lab.give(.peerAdded(handle, PeerID(ed25519: Bytes32(words: 0, 0, 0, UInt64(number))), .inbound))
            _ = lab.hear(RPC.subscriptions([shard], subscribe: true), from: number)
            _ = lab.hear(RPC.graft(shard), from: number)
        }
        #expect(lab.machine.mesh(of: lab.topic).count == lab.machine.parameters.dHigh)
    }

    @Test func aBackoffIsKeptAndCannotOverflow() {
        for backoff in [UInt64.max, 1 << 62, 4000] {
            var lab = Lab()
            _ = lab.beat()
            #expect(lab.machine.mesh(of: lab.topic) == [lab.peer])
            let prune = control { control in
                control.message(4) { nested in
                    nested.bytes(1, shard)
                    nested.uint64(3, backoff)
                }
            }
            _ = lab.hear(prune)
            #expect(lab.machine.mesh(of: lab.topic).isEmpty)
            #expect(lab.machine.topics[lab.topic].backoffs.map(\.until) == [lab.now + .seconds(3600)])
            _ = lab.beat(3599)
            #expect(lab.machine.mesh(of: lab.topic).isEmpty)
            _ = lab.beat(3)
            #expect(lab.machine.mesh(of: lab.topic) == [lab.peer])
        }
    }

    @Test func graftsDuringBackoffAreRefusedAndPaidForEvenAfterReconnecting() {
        var lab = Lab()
        _ = lab.beat()
        _ = lab.hear(RPC.prune(shard, backoff: .seconds(60)))
        let id = lab.machine.facts[0].id
        _ = lab.give(.peerRemoved(lab.peer))
        _ = lab.give(.peerAdded(lab.peer, id, .inbound))
        _ = lab.hear(RPC.subscriptions([shard], subscribe: true))
        // Twice as much at once as later.
        for (wait, count) in [(0, 2), (12, 1)] {
            _ = lab.beat(wait)
            let effects = lab.hear(RPC.graft(shard))
            #expect(effects.penalties == .init(repeating: .graftDuringBackoff, count: count))
            #expect(effects.sent.count == 1 && isControl(effects.sent[0].bytes, field: 4))
        }
        #expect(lab.machine.score(of: lab.peer)! < 0)
        _ = lab.beat(46)
        #expect(lab.machine.mesh(of: lab.topic).isEmpty)
    }

    @Test func graftsOfUnknownTopicsAreNotAnswered() {
        var lab = Lab()
        for number in 0..<1000 { #expect(lab.hear(RPC.graft(Array("topic \(number)".utf8))).isEmpty) }
        #expect(lab.machine.topics.count == 1)
    }

    /// py-libp2p, among others, may send GRAFT ahead of its subscription.
    @Test func aGraftSaysThatThePeerIsSubscribed() {
        var lab = Lab()
        let peer = PeerHandle(index: 7)
        _ = lab.give(.peerAdded(peer, PeerID(ed25519: Bytes32(words: 0, 0, 0, 7)), .inbound))
        #expect(lab.hear(RPC.graft(shard), from: 7).isEmpty)
        #expect(lab.machine.subscribers(of: lab.topic) == [lab.peer, peer])
        #expect(lab.machine.mesh(of: lab.topic) == [peer])
        #expect(lab.machine.violations.isEmpty)
        _ = lab.hear(RPC.subscriptions([shard], subscribe: false), from: 7)
        #expect(lab.machine.mesh(of: lab.topic).isEmpty)
    }

    @Test func topicsOfOnePeerAreBounded() {
        var lab = Lab()
        let names = (0..<101).map { Array("topic \($0)".utf8) }
        #expect(lab.hear(RPC.subscriptions(names, subscribe: true)).penalties == [.tooManyTopics])
        #expect(lab.machine.peers[0].topics.count == 100)
        _ = lab.hear(RPC.subscriptions(names, subscribe: false))
        #expect(lab.machine.peers[0].topics == [lab.topic])
        _ = lab.hear(RPC.subscriptions((200..<299).map { Array("topic \($0)".utf8) }, subscribe: true))
        #expect(lab.machine.topics.count <= 101)  // the numbers of the forgotten are used again
        _ = lab.give(.peerRemoved(lab.peer))
        #expect((0..<lab.machine.topics.count).count { !lab.machine.topics[TopicID(index: UInt16($0))].isVacant } == 1)
    }

    @Test func oversizedRPCsAreNotRead() {
        var parameters = GossipSub.Parameters()
        parameters.rpcSizeMax = 300_000
        var lab = Lab(parameters: parameters)
        #expect(lab.hear([UInt8](repeating: 0, count: 300_001)).penalties == [.oversized])
        let ids = (0..<400).map { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: UInt64($0)) }
        #expect(lab.hear(RPC.ihave(shard, ids: ids)).penalties == [.oversized])
        let many = (0..<300).flatMap { Lab.frame(UInt64($0)) }
        lab = Lab()
        #expect(lab.hear(many).penalties == [.oversized])
        #expect(lab.hear(Array(many.prefix(Lab.frame(1).count * 200))).delivered.count == 200)
    }

    @Test func offersAreAcceptedOnceAndWithinBounds() {
        var lab = Lab(peers: 3)
        func offer(_ range: Range<UInt64>) -> [UInt8] {
            RPC.ihave(shard, ids: range.map { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: $0) })
        }
        _ = lab.hear(Lab.frame(3))
        let first = lab.hear(offer(0..<10))
        #expect(first.sent.count == 1 && isControl(first.sent[0].bytes, field: 2) && first.sent[0].priority == .high)
        #expect(lab.machine.promises.count == 9)
        #expect(lab.hear(offer(0..<10), from: 2).isEmpty)  // already asked of another
        for round in 0..<20 as Range<UInt64> { _ = lab.hear(offer((round * 300)..<(round * 300 + 300))) }
        #expect(lab.machine.peers[0].counts.asked == 512)
        #expect(lab.machine.peers[0].counts.ihave == 10)
        _ = lab.hear(Lab.frame(5))
        #expect(!lab.machine.promises.contains { $0.key == lab.machine.hasher.key(author: Lab.author.publicKey, sequenceNumber: 5) })
        let broken = lab.beat(5)
        #expect(broken.penalties == [.brokenPromise])
        #expect(lab.machine.promises.isEmpty)
    }

    @Test func requestsAreServedWithinTheirShare() {
        var parameters = GossipSub.Parameters()
        parameters.iwantBytesMax = 5000
        var lab = Lab(parameters: parameters, peers: 2)
        for number in 0..<10 as Range<UInt64> { _ = lab.hear(Lab.frame(number, data: .init(repeating: 1, count: 1000)), from: 2) }
        let ids = (0..<10).map { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: UInt64($0))[...] }
        #expect(lab.hear(RPC.iwant(ids)).sent.map(\.bytes) == (0..<4).map { Lab.frame($0, data: .init(repeating: 1, count: 1000)) })
        _ = lab.beat()
        #expect(lab.hear(RPC.iwant(ids)).sent.count == 4)
        _ = lab.beat(6)
        #expect(lab.hear(RPC.iwant(ids)).isEmpty)
    }

    @Test func requestsOfOneHeartbeatAreCounted() {
        var parameters = GossipSub.Parameters()
        parameters.iwantServedMax = 3
        var lab = Lab(parameters: parameters, peers: 2)
        for number in 0..<5 as Range<UInt64> { _ = lab.hear(Lab.frame(number), from: 2) }
        let ids = (0..<5).map { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: UInt64($0))[...] }
        #expect(lab.hear(RPC.iwant(ids)).sent.count == 3)
        #expect(lab.hear(RPC.iwant(ids)).isEmpty)
        _ = lab.beat()
        #expect(lab.hear(RPC.iwant(ids)).sent.count == 3)
    }

    @Test func aGraylistedPeerIsNotHeard() {
        var lab = Lab()
        var forged = Lab.frame(1)
        forged[forged.count - 1] ^= 1
        for _ in 0..<3 { _ = lab.hear(forged) }
        #expect(lab.machine.score(of: lab.peer)! < lab.machine.parameters.score.graylistThreshold)
        #expect(lab.hear(Lab.frame(2)).isEmpty)
        _ = lab.beat(200)
        #expect(lab.hear(Lab.frame(2)).delivered.count == 1)
    }

    @Test func hostileBytesNeverTrap() {
        var generator = Generator(seed: 3)
        let ids = (0..<3).map { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: UInt64($0)) }
        let good =
            RPC.subscriptions([shard, [1]], subscribe: true) + Lab.frame(1) + RPC.ihave(shard, ids: ids) + RPC.iwant(ids.map { $0[...] })
            + RPC.graft(shard) + RPC.prune(shard, backoff: .seconds(9))
        var lab = Lab(peers: 2)
        for round in 0..<3000 {
            var bytes = good
            for _ in 0...Int(generator.next() % 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.chance(0.2) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            _ = lab.hear(bytes)
            if round.isMultiple(of: 7) {
                _ = lab.give(.peerRemoved(lab.peer))
                _ = lab.give(.peerAdded(lab.peer, PeerID(ed25519: .zero), .inbound))
            }
        }
        _ = lab.beat(10)
    }
}
