import Crypto
import Determinism
import Identity
import Testing
import Wire

@testable import Kademlia

@Suite struct RoutingTableTests {
    let local = MemoryNetwork.id(9_999).dhtKey

    func contact(_ number: UInt64, address: UInt32? = nil) -> Contact {
        Contact(id: MemoryNetwork.id(number), addresses: AddressList([.tcp4(address ?? 0x0a00_0000 + UInt32(number), port: 1)]))
    }

    @Test func agreesWithBruteForceUnderChange() {
        var generator = Generator(seed: 5)
        var parameters = Kademlia.Parameters()
        parameters.bucketSize = 8
        var table = RoutingTable(localKey: local, parameters: parameters)
        let keys = (0..<400 as Range<UInt64>).map { MemoryNetwork.id($0).dhtKey }
        var model: [UInt64: Contact] = [:]
        for step in 0..<1500 {
            let number = generator.next() % 400
            if generator.chance(0.25) {
                #expect(table.remove(MemoryNetwork.id(number)) == (model.removeValue(forKey: number) != nil))
            } else {
                let candidate = contact(number)
                let isKnown = model[number] != nil
                let bucket = (keys[Int(number)] ^ local).leadingZeroBits
                let mates = model.keys.count { (keys[Int($0)] ^ local).leadingZeroBits == bucket }
                switch table.insert(candidate, isConnected: true, now: Instant(nanoseconds: UInt64(step))) {
                case .inserted:
                    #expect(!isKnown && mates < 8)
                    model[number] = candidate
                case .updated: #expect(isKnown)
                case .full(let oldest): #expect(!isKnown && mates == 8 && oldest == nil)
                case .crowded, .refused: Issue.record("neither crowded nor ourselves")
                }
            }
            guard step.isMultiple(of: 10) else { continue }
            #expect(table.violations.isEmpty)
            #expect(table.count == model.count)
            let target = Hash.sha256([UInt8(truncatingIfNeeded: step)])
            let asker = generator.chance(0.5) ? MemoryNetwork.id(generator.next() % 400) : nil
            let expected = model.filter { $0.value.id != asker }.sorted { (keys[Int($0.key)] ^ target) < (keys[Int($1.key)] ^ target) }
                .map(\.value)
            for count in [1, 7, 20, 1000] {
                #expect(table.closest(to: target, countMax: count, toldTo: asker).map(\.contact) == Array(expected.prefix(count)))
            }
        }
        #expect(model.count > 20)
    }

    @Test func peersWithoutAddressesAreNotTold() {
        var table = RoutingTable(localKey: local, parameters: .init())
        _ = table.insert(Contact(id: MemoryNetwork.id(1), addresses: .empty), isConnected: true, now: .origin)
        _ = table.insert(contact(2), isConnected: true, now: .origin)
        #expect(table.closest(to: local, countMax: 20).count == 2)
        #expect(table.closest(to: local, countMax: 20, toldTo: MemoryNetwork.id(3)).map(\.id) == [MemoryNetwork.id(2)])
    }

    @Test func oneplaceCannotFillTheTable() {
        var table = RoutingTable(localKey: local, parameters: .init())
        var perBucket: [Int: Int] = [:]
        for number in 0..<200 {
            let newcomer = contact(UInt64(number), address: 0x0808_0000 + UInt32(number))
            if table.insert(newcomer, isConnected: true, now: .origin) == .inserted {
                perBucket[(newcomer.id.dhtKey ^ local).leadingZeroBits, default: 0] += 1
            }
        }
        #expect(table.count == 3)
        #expect(perBucket.values.allSatisfy { $0 <= 2 })
        for number in 200..<300 { _ = table.insert(contact(UInt64(number)), isConnected: true, now: .origin) }
        #expect(table.count > 60)
        #expect(table.violations.isEmpty)
    }

    @Test func onePlaceHasTwoPeersOfABucketAtMost() {
        // A table that takes many of one place, so that the bound of the bucket alone holds.
        var parameters = Kademlia.Parameters()
        parameters.diversity?.perTableMax = 50
        var table = RoutingTable(localKey: local, parameters: parameters)
        let neighbours = (0..<200).map { contact(UInt64($0), address: 0x0808_0000 + UInt32($0)) }.filter {
            ($0.id.dhtKey ^ local).leadingZeroBits == 0
        }
        #expect(neighbours.count > 50)
        let taken = neighbours.count { table.insert($0, isConnected: true, now: .origin) == .inserted }
        #expect(taken == 2)
    }

    @Test func onlySilentPeersMakeRoom() {
        var parameters = Kademlia.Parameters()
        parameters.bucketSize = 2
        var table = RoutingTable(localKey: local, parameters: parameters)
        let far = (0..<100 as Range<UInt64>).filter { (MemoryNetwork.id($0).dhtKey ^ local).leadingZeroBits == 0 }
        let late = Instant.origin + .seconds(3600)
        #expect(table.insert(contact(far[0]), isConnected: true, now: .origin) == .inserted)
        #expect(table.insert(contact(far[1]), isConnected: false, now: .origin) == .inserted)
        #expect(table.insert(contact(far[2]), isConnected: true, now: .origin + .seconds(5)) == .full(oldest: nil))
        #expect(table.insert(contact(far[2]), isConnected: true, now: late) == .full(oldest: MemoryNetwork.id(far[1])))
        table.markSeen(MemoryNetwork.id(far[1]), now: late)
        #expect(table.insert(contact(far[2]), isConnected: true, now: late) == .full(oldest: nil))
        table.markFailed(MemoryNetwork.id(far[0]), evict: false)
        #expect(table.count == 2)
        table.markFailed(MemoryNetwork.id(far[0]), evict: false)
        #expect(table.count == 1)
    }
}
