import Determinism
import Identity
import LibP2P
import Testing

@Suite struct PeerIndexTests {
    /// Against a set, while peers come and go, in rows and with gaps, to hundreds and to none.
    @Test(arguments: [1, 2] as [UInt64], [1, 64, 1 << 20] as [UInt32])
    func findsEveryRecordWhilePeersComeAndGo(seed: UInt64, step: UInt32) {
        var random = Generator(seed: seed)
        var index = PeerIndex()
        var records: [PeerHandle] = []
        var known: Set<PeerHandle> = []
        for round in 0..<3000 {
            let handle = PeerHandle(index: UInt32(random.next() % 400) * step)
            if random.chance((round / 500).isMultiple(of: 2) ? 0.9 : 0.1) {
                #expect(index.append(handle) == known.insert(handle).inserted)
                if records.count < known.count { records.append(handle) }
            } else {
                let slot = index.remove(handle, last: records.last ?? handle)
                #expect((slot != nil) == (known.remove(handle) != nil))
                if let slot {
                    records.swapAt(slot, records.count - 1)
                    #expect(records.removeLast() == handle)
                }
            }
            #expect(index.count == known.count)
            #expect(!round.isMultiple(of: 7) || records.indices.allSatisfy { index.slot(of: records[$0]) == $0 })
            #expect(index.slot(of: PeerHandle(index: 400 * step)) == nil)
        }
    }
}
