/// The table behind a `RecordStore`, with its statements prepared.
final class RecordTable {
    static let migrations = [
        """
        CREATE TABLE state (space INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID
        """
    ]

    let database: Database
    private let getOne: Statement
    private let putOne: Statement
    private let deleteOne: Statement
    private let scanRange: Statement
    private let scanToEnd: Statement
    private let countAll: Statement

    init(_ path: String, _ parameters: Database.Parameters) throws(StoreError) {
        database = try Database(path, migrations: Self.migrations, parameters)
        getOne = try database.prepare("SELECT value FROM state WHERE space = ?1 AND key = ?2")
        putOne = try database.prepare(
            "INSERT INTO state (space, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")
        deleteOne = try database.prepare("DELETE FROM state WHERE space = ?1 AND key = ?2")
        let scan = "SELECT key, value FROM state WHERE space = ?1 AND key >= ?2 AND key > ?3"
        scanRange = try database.prepare(scan + " AND key < ?5 ORDER BY key LIMIT ?4")
        scanToEnd = try database.prepare(scan + " ORDER BY key LIMIT ?4")
        countAll = try database.prepare("SELECT count(*) FROM state WHERE space = ?1")
    }

    func get(_ space: RecordSpace, key: [UInt8]) throws(StoreError) -> [UInt8]? {
        defer { getOne.reset() }
        try getOne.bind(1, space.rawValue)
        try getOne.bind(2, key)
        return try getOne.step() ? getOne.bytes(0) : nil
    }

    func put(_ space: RecordSpace, key: [UInt8], value: [UInt8]) throws(StoreError) {
        defer { putOne.reset() }
        try putOne.bind(1, space.rawValue)
        try putOne.bind(2, key)
        try putOne.bind(3, value)
        try putOne.run()
    }

    func delete(_ space: RecordSpace, key: [UInt8]) throws(StoreError) {
        defer { deleteOne.reset() }
        try deleteOne.bind(1, space.rawValue)
        try deleteOne.bind(2, key)
        try deleteOne.run()
    }

    func apply(_ changes: [RecordChange]) throws(StoreError) {
        try database.transaction { () throws(StoreError) in
            for change in changes {
                if let value = change.value {
                    try put(change.space, key: change.key, value: value)
                } else {
                    try delete(change.space, key: change.key)
                }
            }
        }
    }

    func scan(_ space: RecordSpace, prefix: [UInt8], after: [UInt8]?, limit: Int) throws(StoreError) -> [Record] {
        let end = RecordTable.end(of: prefix)
        let statement = end == nil ? scanToEnd : scanRange
        defer { statement.reset() }
        try statement.bind(1, space.rawValue)
        try statement.bind(2, prefix)
        // Every blob is greater than every number, so this lets the empty key through.
        if let after { try statement.bind(3, after) } else { try statement.bind(3, Int64(0)) }
        try statement.bind(4, Int64(max(0, limit)))
        if let end { try statement.bind(5, end) }
        var records: [Record] = []
        while try statement.step() { records.append(Record(key: statement.bytes(0), value: statement.bytes(1))) }
        return records
    }

    func count(_ space: RecordSpace) throws(StoreError) -> Int {
        defer { countAll.reset() }
        try countAll.bind(1, space.rawValue)
        return try countAll.step() ? Int(countAll.integer(0)) : 0
    }

    /// The first key behind all that begin with the prefix; nil where there is none (only 0xFF, or empty).
    static func end(of prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xFF { return end + [last + 1] }
        }
        return nil
    }
}
