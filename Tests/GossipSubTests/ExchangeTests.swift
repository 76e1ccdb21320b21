import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

/// Peers that are offered in PRUNE.
@Suite struct ExchangeTests {
    let shard = Array("shard".utf8)

    private func signing(_ number: UInt8) -> Signing { .ed25519(KeyPair(seed: Bytes32([UInt8](repeating: number, count: 32))!)) }

    private func id(_ number: UInt8) -> PeerID { PeerID(ed25519: signing(number).publicKey) }

    private func address(_ number: UInt8) -> Multiaddr { .tcp4(0x5000_0000 + UInt32(number), port: 4001) }

    /// - Parameter author: who signs; the peer itself.
    private func record(_ number: UInt8, author: UInt8? = nil) -> [UInt8] {
        PeerRecord(peer: id(number), sequence: 1, addresses: [address(number)]).sealed(with: signing(author ?? number)).bytes
    }

    private func prune(_ offers: [(PeerID, [UInt8])]) -> [UInt8] {
        RPC.prune(shard, backoff: .seconds(60), offers: offers.map { OfferedPeer(id: $0.0.bytes[...], record: $0.1[...]) })
    }

    private func connections(_ effects: [GossipSub.Effect]) -> [PeerID: [Multiaddr]] {
        var found: [PeerID: [Multiaddr]] = [:]
        for case .connect(let id, let addresses) in effects { found[id] = addresses }
        return found
    }

    private func trusted() -> Lab {
        var lab = Lab()
        _ = lab.give(.judged(lab.peer, 6))
        return lab
    }

    @Test func offeredPeersAreDialledWhereTheySaidThemselvesThatTheyAre() {
        var lab = trusted()
        let offers = (1...3).map { (id($0), record($0)) }
        #expect(connections(lab.hear(prune(offers))) == [id(1): [address(1)], id(2): [address(2)], id(3): [address(3)]])
    }

    @Test func aRecordMustBeThePeersOwn() {
        var lab = trusted()
        var altered = record(3)
        altered[altered.count - 70] ^= 1
        let offers = [
            (id(1), record(1, author: 9)), (id(2), record(4)), (id(3), altered), (id(5), []), (id(6), [1, 2, 3]),
            (lab.machine.localID, record(7)),
        ]
        #expect(connections(lab.hear(prune(offers))).isEmpty)
    }

    @Test func onlyWhoHasEarnedItIsBelieved() {
        for (opinion, count) in [(4.9, 0), (5, 1)] as [(Float, Int)] {
            var lab = Lab()
            _ = lab.give(.judged(lab.peer, opinion))
            #expect(connections(lab.hear(prune([(id(1), record(1))]))).count == count)
        }
    }

    /// Nobody can make us dial more than we lack.
    @Test func noMorePeersAreDialledThanTheMeshLacks() {
        var lab = trusted()
        #expect(connections(lab.hear(prune((1...40).map { (id($0), record($0)) }))).count == 8)
        for number in 2...9 as ClosedRange<UInt32> {
            lab.add(number)
            _ = lab.hear(RPC.graft(shard), from: number)
        }
        #expect(connections(lab.hear(prune((1...40).map { (id($0), record($0)) }))).isEmpty)
    }

    /// PRUNEs with offers that went to a peer.
    private func offers(_ effects: [GossipSub.Effect]) -> [PeerID] {
        for message in effects.sent {
            var reader = ProtobufReader(message.bytes)
            guard let outer = try? reader.next(), outer.number == 3, let body = try? outer.bytes() else { continue }
            var nested = ProtobufReader(body)
            guard let field = try? nested.next(), field.number == 4, let bytes = try? field.bytes() else { continue }
            guard let prune = try? RPC.Prune(bytes, offersMax: 100) else { continue }
            return prune.offers.compactMap { try? PeerID(bytes: $0.id) }
        }
        return []
    }

    @Test func whoFindsNoRoomIsOfferedOthers() {
        var lab = Lab(peers: 12)
        for number in 1...12 as ClosedRange<UInt32> { _ = lab.hear(RPC.graft(shard), from: number) }
        for number in 1...30 as ClosedRange<UInt8> {
            lab.add(100 + UInt32(number), as: id(number), .inbound, .init(signedRecord: record(number)))
        }
        lab.add(200, as: id(100), .inbound, .init(signedRecord: record(100)))
        _ = lab.give(.judged(PeerHandle(index: 101), -1))
        let told = offers(lab.hear(RPC.graft(shard), from: 200))
        #expect(Set(told).count == 16)
        #expect(Set(told).isSubset(of: (2...30).map { id($0) }), "neither itself nor one that is not liked")
    }

    @Test func whoMisbehavesIsOfferedNobody() {
        var lab = Lab()
        for number in 1...30 as ClosedRange<UInt8> {
            lab.add(100 + UInt32(number), as: id(number), .inbound, .init(signedRecord: record(number)))
        }
        _ = lab.give(.judged(PeerHandle(index: 101), -1))
        let effects = lab.hear(RPC.graft(shard), from: 101)
        #expect(effects.sent.count == 1 && offers(effects).isEmpty)
    }

    @Test func leavingOffersPeers() {
        var lab = Lab()
        for number in 1...3 as ClosedRange<UInt8> {
            lab.add(100 + UInt32(number), as: id(number), .inbound, .init(signedRecord: record(number)))
        }
        _ = lab.hear(RPC.graft(shard), from: 101)
        #expect(Set(offers(lab.give(.leave(lab.topic)))) == [id(2), id(3)])
    }
}
