import Identity
import Kademlia
import Testing
import Wire

@testable import NodeRuntime

@Suite struct HeldRecordsTests {
    private func held() -> HeldRecords {
        var held = HeldRecords()
        for number in 1...3 as ClosedRange<UInt64> {
            let addresses: [Multiaddr] = [.tcp4(UInt32(number), port: 1), .tcp4(7, port: 2)]
            let contact = Contact(id: PeerID(ed25519: Bytes32(words: number, 2, 3, 4)), addresses: AddressList(addresses))
            held.providers.append(.init(key: Bytes32(words: 9, number, 9, 9), contact: contact, lifetime: .seconds(Int64(number) * 100)))
        }
        held.values = [.init(key: [1, 2], value: [], lifetime: .seconds(50)), .init(key: [3], value: [4, 5], lifetime: .seconds(250))]
        return held
    }

    private func time(_ seconds: UInt64) -> WallClock { WallClock(nanoseconds: seconds * 1_000_000_000) }

    @Test func comeBackWithTheTimeThatIsLeft() throws {
        let row = held().encoded(at: time(1_000))
        #expect(try HeldRecords(encoded: row, at: time(1_000)) == held())
        #expect(try HeldRecords(encoded: row, at: time(10)) == held(), "a clock that was set back takes nothing off")
        let later = try HeldRecords(encoded: row, at: time(1_200))
        #expect(later.providers.map(\.lifetime) == [.seconds(100)] && later.providers[0].contact == held().providers[2].contact)
        #expect(later.values == [.init(key: [3], value: [4, 5], lifetime: .seconds(50))])
        #expect(try HeldRecords(encoded: row, at: time(1 << 33)).isEmpty)
        #expect(try HeldRecords(encoded: [], at: time(1)).isEmpty)
    }

    /// A row of another release, or a damaged one.
    @Test func othersAreRefused() {
        let row = held().encoded(at: time(1_000))
        let pieces = (1..<row.count).count { (try? HeldRecords(encoded: Array(row.prefix($0)), at: time(1_000))) != nil }
        #expect(pieces == 5, "only whole parts can be read")
        #expect(throws: WireError.self) { try HeldRecords(encoded: [0x22, 0], at: time(1)) }
        #expect(throws: WireError.self) { try HeldRecords(encoded: [0x12, 0], at: time(1)) }
    }
}
