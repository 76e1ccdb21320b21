import Determinism
import Testing

@testable import GossipSub

@Suite struct SlotSetTests {
    /// Against a set of records, of which the last takes the slot of one that goes.
    @Test(arguments: [1, 2] as [UInt64])
    func followsTheRecords(seed: UInt64) {
        var random = Generator(seed: seed)
        var set = SlotSet()
        var marked: [Bool] = []
        for round in 0..<3000 {
            if random.chance((round / 500).isMultiple(of: 2) ? 0.7 : 0.3) || marked.isEmpty {
                marked.append(random.chance(0.5))
                if marked.last! { set.insert(marked.count - 1) }
            } else {
                let slot = Int(random.next() % UInt64(marked.count))
                set.remove(slot, last: marked.count - 1)
                marked.swapAt(slot, marked.count - 1)
                marked.removeLast()
            }
            #expect((0..<(marked.count + 70)).allSatisfy { set.contains($0) == ($0 < marked.count && marked[$0]) })
            guard round.isMultiple(of: 100) else { continue }
            var visited: [Int] = []
            set.removeAll { slot in
                visited.append(slot)
                return slot.isMultiple(of: 3)
            }
            #expect(visited == marked.indices.filter { marked[$0] })
            for slot in marked.indices where slot.isMultiple(of: 3) { marked[slot] = false }
        }
    }
}
