internal import Determinism
internal import Wire

/// Values put at us. Bounded; when full it keeps those nearest to us.
struct RecordStore: Sendable {
    struct Row: Sendable {
        /// From our key to the record's.
        let distance: Bytes32
        var record: Record
        var expiry: Instant
    }

    let localKey: Bytes32
    let rowsMax: Int
    /// Sorted by distance.
    private(set) var rows: [Row] = []

    init(localKey: Bytes32, rowsMax: Int) {
        self.localKey = localKey
        self.rowsMax = rowsMax
    }

    var isEmpty: Bool { rows.isEmpty }

    /// - Parameter key: SHA-256 of the record's key.
    mutating func put(_ record: Record, key: Bytes32, expiry: Instant) {
        let distance = key ^ localKey
        let index = rows.partitioningIndex { $0.distance >= distance }
        if index < rows.count, rows[index].distance == distance {
            rows[index].record = record
            rows[index].expiry = expiry
            return
        }
        if rows.count >= rowsMax {
            guard index < rows.count else { return }
            rows.removeLast()
        }
        rows.insert(Row(distance: distance, record: record, expiry: expiry), at: index)
    }

    func record(_ key: Bytes32, now: Instant) -> Record? {
        let distance = key ^ localKey
        let index = rows.partitioningIndex { $0.distance >= distance }
        guard index < rows.count, rows[index].distance == distance, rows[index].expiry > now else { return nil }
        return rows[index].record
    }

    mutating func sweep(now: Instant) { rows.removeAll { $0.expiry <= now } }
}
