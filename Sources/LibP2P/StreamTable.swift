/// The streams of one connection, reached in place: reading a field copies nothing but the field, which a dictionary of such
/// large values cannot do.
struct StreamTable {
    private var positions: [UInt32: Int] = [:]
    private var storage: [Stream] = []

    var isEmpty: Bool { storage.isEmpty }
    var count: Int { storage.count }
    /// In no particular, but in a repeatable order.
    var all: [Stream] { storage }

    /// Valid until the next insertion or removal.
    func position(_ id: UInt32) -> Int? { positions[id] }

    subscript(at position: Int) -> Stream {
        _read { yield storage[position] }
        _modify { yield &storage[position] }
    }

    /// A stream with a new id.
    mutating func insert(_ stream: Stream) {
        positions[stream.id] = storage.count
        storage.append(stream)
    }

    mutating func remove(_ id: UInt32) -> Stream? {
        guard let position = positions.removeValue(forKey: id) else { return nil }
        storage.swapAt(position, storage.count - 1)
        let stream = storage.removeLast()
        if position < storage.count { positions[storage[position].id] = position }
        return stream
    }

    /// Whether any stream fits, without copying them.
    func count(where fits: (borrowing Stream) -> Bool) -> Int {
        var count = 0
        for position in storage.indices where fits(storage[position]) { count += 1 }
        return count
    }
}
