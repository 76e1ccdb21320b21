import Determinism
import Identity
import LibP2P
import Testing

@Suite struct PeerIndexTests {
    /// Against a dictionary, while peers come and go.
    @Test(arguments: [1, 2] as [UInt64])
    func findsEveryRecordWhilePeersComeAndGo(seed: UInt64) {
        var random = Generator(seed: seed)
        var index = PeerIndex()
        var records: [PeerHandle] = []
        var known: Set<PeerHandle> = []
        for _ in 0..<3000 {
            let handle = PeerHandle(index: UInt32(random.next() % 60))
            if random.chance(0.5) {
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
            for (slot, handle) in records.enumerated() { #expect(index.slot(of: handle) == slot) }
            #expect(index.slot(of: PeerHandle(index: 60)) == nil)
        }
    }
}
