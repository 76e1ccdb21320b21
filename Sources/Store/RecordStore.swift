internal import Synchronization

/// A table of records. The raw values are part of the file: never reuse one.
public struct RecordSpace: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) { self.rawValue = rawValue }
}

public struct Record: Equatable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]

    public init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// What a state machine asks to make durable.
public struct RecordChange: Equatable, Sendable {
    public var space: RecordSpace
    public var key: [UInt8]
    /// Nil removes the record.
    public var value: [UInt8]?

    public init(_ space: RecordSpace, key: [UInt8], value: [UInt8]?) {
        self.space = space
        self.key = key
        self.value = value
    }
}

/// Durable records of bytes under keys of bytes, in spaces.
///
/// When a change returns, it is on the disk: a message that promises it may go out. All calls may come from any thread and
/// run one after the other; they block for the disk, so a loop calls them from a serial `WorkQueue`.
public final class RecordStore: Sendable {
    private let table: Mutex<RecordTable>

    /// - Parameter path: of the database file; its directory exists.
    public init(_ path: String, _ parameters: Database.Parameters = Database.Parameters()) throws(StoreError) {
        table = Mutex(try RecordTable(path, parameters))
    }

    public func get(_ space: RecordSpace, key: [UInt8]) throws(StoreError) -> [UInt8]? {
        try table.withLock { table throws(StoreError) in try table.get(space, key: key) }
    }

    public func put(_ space: RecordSpace, key: [UInt8], value: [UInt8]) throws(StoreError) {
        try table.withLock { table throws(StoreError) in try table.put(space, key: key, value: value) }
    }

    public func delete(_ space: RecordSpace, key: [UInt8]) throws(StoreError) {
        try table.withLock { table throws(StoreError) in try table.delete(space, key: key) }
    }

    /// Records whose key begins with the prefix, in the order of the keys' bytes.
    ///
    /// - Parameters:
    ///   - after: continues behind this key; nil starts at the beginning.
    ///   - limit: records at most.
    public func scan(
        _ space: RecordSpace, prefix: [UInt8] = [], after: [UInt8]? = nil, limit: Int = 1000
    ) throws(StoreError) -> [Record] {
        try table.withLock { table throws(StoreError) in
            try table.scan(space, prefix: prefix, after: after, limit: limit)
        }
    }

    public func count(_ space: RecordSpace) throws(StoreError) -> Int {
        try table.withLock { table throws(StoreError) in try table.count(space) }
    }

    /// All of the changes, in their order, or none, with one wait for the disk.
    public func apply(_ changes: [RecordChange]) throws(StoreError) {
        guard !changes.isEmpty else { return }
        try table.withLock { table throws(StoreError) in
            try table.apply(changes)
        }
    }

    /// Reads and writes as one: nobody sees a half, and where the body throws nothing has happened. The body must not call the
    /// store, only the transaction.
    public func transaction<R: Sendable>(
        _ body: @Sendable (borrowing RecordTransaction) throws(StoreError) -> R
    ) throws(StoreError) -> R {
        try table.withLock { table throws(StoreError) in
            let transaction = RecordTransaction(table: table)
            return try table.database.transaction { () throws(StoreError) in try body(transaction) }
        }
    }

    /// Checks the whole file. Empty where all is well.
    public func findDamage() throws(StoreError) -> [String] {
        try table.withLock { table throws(StoreError) in try table.database.findDamage() }
    }
}

/// The store from inside one of its transactions.
public struct RecordTransaction: ~Copyable {
    let table: RecordTable

    public borrowing func get(_ space: RecordSpace, key: [UInt8]) throws(StoreError) -> [UInt8]? { try table.get(space, key: key) }

    public borrowing func put(_ space: RecordSpace, key: [UInt8], value: [UInt8]) throws(StoreError) {
        try table.put(space, key: key, value: value)
    }

    public borrowing func delete(_ space: RecordSpace, key: [UInt8]) throws(StoreError) { try table.delete(space, key: key) }

    public borrowing func scan(
        _ space: RecordSpace, prefix: [UInt8] = [], after: [UInt8]? = nil, limit: Int = 1000
    ) throws(StoreError) -> [Record] {
        try table.scan(space, prefix: prefix, after: after, limit: limit)
    }
}
