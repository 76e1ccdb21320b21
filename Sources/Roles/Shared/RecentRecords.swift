internal import Identity
internal import Wire

/// The last answers by what they answer, oldest forgotten first.
struct RecentRecords: Sendable {
    let countMax: Int
    private var records: [RecordID: Record] = [:]
    private var order: [RecordID] = []
    private var head = 0

    init(countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
    }

    var count: Int { records.count }
    subscript(id: RecordID) -> Record? { records[id] }
    /// Oldest first.
    var all: [(RecordID, Record)] { (order[head...] + order[..<head]).compactMap { id in records[id].map { (id, $0) } } }

    mutating func insert(_ record: Record, for id: RecordID) {
        if records.updateValue(record, forKey: id) != nil { return }
        if order.count < countMax {
            order.append(id)
            return
        }
        records[order[head]] = nil
        order[head] = id
        head = (head + 1) % countMax
    }
}
