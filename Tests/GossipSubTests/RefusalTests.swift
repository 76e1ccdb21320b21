import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

/// IDONTWANT.
@Suite struct RefusalTests {
    let shard = Array("shard".utf8)
    let large = [UInt8](repeating: 7, count: 2000)

    private func id(_ number: UInt64) -> [UInt8] { GossipMessage.id(author: Lab.author.publicKey, sequenceNumber: number) }

    private func lab() -> Lab {
        var parameters = GossipSub.Parameters()
        parameters.declineSizeMin = 1024
        var lab = Lab(parameters: parameters)
        for number in 1...6 as ClosedRange<UInt32> {
            if number > 1 { lab.add(number, .outbound, .init(takesRefusals: number < 5)) }
            _ = lab.hear(RPC.graft(shard), from: number)
        }
        return lab
    }

    /// To whom the message was declined.
    private func declined(_ effects: [GossipSub.Effect], _ number: UInt64) -> [UInt32] {
        effects.sent.filter { $0.bytes == RPC.idontwant([id(number)]) }.map(\.to.index)
    }

    private func forwarded(_ effects: [GossipSub.Effect]) -> [UInt32] {
        effects.sent.filter { $0.bytes.first == RPC.publishTag }.map(\.to.index)
    }

    @Test func largeMessagesAreDeclinedToThoseWhoUnderstand() {
        var lab = lab()
        let effects = lab.hear(Lab.frame(1, data: large), from: 2)
        #expect(declined(effects, 1) == [3, 4])
        #expect(forwarded(effects) == [1, 3, 4, 5, 6])
        #expect(declined(lab.hear(Lab.frame(1, data: large), from: 3), 1).isEmpty)
        #expect(declined(lab.hear(Lab.frame(2, data: Array(large.prefix(1023))), from: 2), 2).isEmpty)
        #expect(declined(lab.hear(Lab.frame(3, data: Array(large.prefix(1024))), from: 2), 3) == [3, 4])
    }

    /// Else a forgery under its id would keep a message away.
    @Test func forgeriesAreNotDeclined() {
        var lab = lab()
        var forged = Lab.frame(1, data: large)
        forged[forged.count - 1] ^= 1
        #expect(declined(lab.hear(forged, from: 2), 1).isEmpty)
    }

    @Test func whatIsDeclinedIsNotForwarded() {
        var lab = lab()
        _ = lab.hear(RPC.idontwant([id(1), id(2)]), from: 3)
        #expect(forwarded(lab.hear(Lab.frame(1), from: 2)) == [1, 4, 5, 6])
        _ = lab.beat(3)
        #expect(forwarded(lab.hear(Lab.frame(2), from: 2)) == [1, 3, 4, 5, 6], "it is forgotten after three heartbeats")
    }

    @Test func refusalsAreBounded() {
        var lab = lab()
        for start in stride(from: 0, to: 3000, by: 300) as StrideTo<UInt64> {
            _ = lab.hear(RPC.idontwant((start..<(start + 300)).map { id($0) }), from: 3)
            _ = lab.hear(RPC.idontwant([id(start), id(start)]), from: 3)
        }
        #expect(lab.machine.peers[2].unwanted.count == 512)
        for number in 0..<2000 as Range<UInt64> { _ = lab.hear(RPC.idontwant([id(number)]), from: 4) }
        #expect(lab.machine.peers[3].counts.refusals == 512)
        _ = lab.beat()
        #expect(lab.hear(RPC.idontwant([[1, 2, 3]]), from: 4).isEmpty)
        #expect(lab.machine.peers[3].counts.refusals == 1, "a new heartbeat counts anew")
        #expect(lab.machine.refusing.contains(2) && lab.machine.refusing.contains(3))
        _ = lab.beat(3)
        #expect(!lab.machine.refusing.contains(2) && lab.machine.peers[2].unwanted.isEmpty)
    }

    /// All of a mesh together: copies that were not sent.
    @Test func duplicatesOfLargeMessagesBecomeFew() {
        func arrivals(_ size: Int, declineSizeMin: Int) -> Double {
            var parameters = GossipSub.Parameters()
            parameters.floodPublish = false
            parameters.declineSizeMin = declineSizeMin
            var network = GossipNetwork(seed: 12)
            network.bandwidth = 40
            for _ in 0..<60 { network.add(parameters: parameters) }
            network.connectAll(degree: 10)
            network.run(.seconds(10))
            network.messagesArrived = 0
            for number in 0..<10 {
                network.give(number, .publish(network.topic, [UInt8](repeating: UInt8(number), count: size)))
                network.run(.seconds(1))
            }
            #expect(network.deliveries.count == 590)
            return Double(network.messagesArrived) / 590
        }
        let with = arrivals(4000, declineSizeMin: 1024)
        let without = arrivals(4000, declineSizeMin: 1 << 20)
        #expect(with < without * 0.85, "\(with) of \(without) copies")
    }
}
