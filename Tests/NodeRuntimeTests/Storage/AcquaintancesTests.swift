import Identity
import Kademlia
import Node
import Testing
import Wire

@testable import NodeRuntime

@Suite struct AcquaintancesTests {
    private func contact(_ number: UInt32) -> Contact {
        let addresses: [Multiaddr] = [.tcp4(number, port: 1), .tcp4(number, port: 2)]
        return Contact(id: PeerID(ed25519: Bytes32(words: UInt64(number), 2, 3, 4)), addresses: AddressList(addresses))
    }

    @Test func comeBackAsTheyWere() throws {
        var known = Acquaintances()
        known.managers = [contact(1), contact(2)]
        known.servers = [contact(3)]
        #expect(try Acquaintances(encoded: known.encoded) == known)
        #expect(try Acquaintances(encoded: []) == Acquaintances())
    }

    /// A row of another release, or a damaged one.
    @Test func othersAreRefused() {
        var many = Acquaintances()
        many.servers = (0..<17).map { contact($0) }
        #expect(throws: WireError.self) { try Acquaintances(encoded: many.encoded) }
        let whole = { () -> [UInt8] in
            var known = Acquaintances()
            known.managers = [contact(1)]
            return known.encoded
        }()
        for end in 1..<whole.count { #expect(throws: WireError.self) { try Acquaintances(encoded: Array(whole.prefix(end))) } }
        #expect(throws: WireError.self) { try Acquaintances(encoded: [0x1a, 0]) }
    }
}
