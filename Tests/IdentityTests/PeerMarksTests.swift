import Identity
import Testing
import Wire

@Suite struct PeerMarksTests {
    /// Ids of which every fourth has the same mark: found is who is asked for, as in a list of the ids themselves.
    @Test func findWhoIsThere() {
        let ids = (0..<40 as Range<UInt64>).map { PeerID(ed25519: Bytes32(words: $0, 1, 2, $0 % 4)) }
        var list: [PeerID] = []
        var marks = PeerMarks()
        for (number, id) in ids.enumerated() {
            let place = number * 7 % (list.count + 1)
            list.insert(id, at: place)
            marks.insert(id, at: place)
        }
        for number in stride(from: 30, to: 0, by: -3) {
            list.remove(at: number)
            marks.remove(at: number)
        }
        list.append(ids[0])
        marks.append(ids[0])
        #expect(marks.count == list.count && marks.belong(to: list))
        for id in ids {
            let found = marks.firstIndex(of: id) { list[$0] == id }
            #expect(found == list.firstIndex(of: id))
        }
        marks.remove(at: 3)
        #expect(!marks.belong(to: list))
    }
}
