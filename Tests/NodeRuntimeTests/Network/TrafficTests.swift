import Identity
import LibP2P
import Testing
import Wire

@testable import NodeRuntime

@Suite struct TrafficTests {
    private var traffic = Traffic()
    private let peer = PeerHandle(index: 4)
    private let id = PeerID(ed25519: .zero)

    private mutating func connect(_ handle: PeerHandle) { traffic.note(.connected(handle, id, .inbound, address: nil)) }

    @Test mutating func countsByProtocolPartAndPeer() {
        connect(peer)
        traffic.note(.message(from: peer, .gossip, [1, 2, 3]))
        traffic.note(.identified(peer, PeerInformation(protocols: [.kademlia], listenAddresses: [])))
        traffic.note(NetworkCommand.send(to: peer, .bitswap, [1, 2], .normal))
        traffic.note(.request(from: peer, .job, InboundID(9), [1]))
        traffic.note(NetworkCommand.respond(InboundID(9), [1, 2, 3, 4]))
        #expect(traffic.received[.gossip] == .init(bytes: 3, messages: 1) && traffic.received[.job] == .init(bytes: 1, messages: 1))
        #expect(traffic.sent[.bitswap] == .init(bytes: 2, messages: 1) && traffic.sent[.job] == .init(bytes: 4, messages: 1))
        #expect(traffic.parts[.unknown]?.received.bytes == 3)
        #expect(traffic.parts[.core]?.sent.bytes == 6 && traffic.parts[.core]?.received.bytes == 1)
        #expect(traffic.flow(of: peer).sent.bytes == 6 && traffic.flow(of: peer).received.bytes == 4)
        #expect(traffic.questionCount == 0)
    }

    /// What the departed have asked is forgotten with them, and nothing else is.
    @Test mutating func questionsGoWithTheirAskers() {
        let other = PeerHandle(index: 5)
        for handle in [peer, other] { connect(handle) }
        for number in 0..<100_000 as Range<UInt64> {
            traffic.note(.request(from: number.isMultiple(of: 2) ? peer : other, .task, InboundID(number), [1]))
        }
        #expect(traffic.questionCount == 100_000)
        traffic.note(.disconnected(peer, .closed))
        #expect(traffic.questionCount == 50_000 && traffic.peerCount == 1)
        // Too late to count, and still in time for the one who stayed.
        traffic.note(NetworkCommand.respond(InboundID(0), [1]))
        traffic.note(NetworkCommand.respond(InboundID(1), [1, 2]))
        #expect(traffic.sent[.task] == .init(bytes: 2, messages: 1))
        traffic.note(.disconnected(other, .closed))
        #expect(traffic.questionCount == 0 && traffic.peerCount == 0)
    }

    @Test mutating func whoIsNotConnectedAsksNothing() {
        traffic.note(.request(from: peer, .task, InboundID(1), [1]))
        #expect(traffic.questionCount == 0)
    }
}
