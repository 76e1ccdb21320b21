internal import CSQLite

/// A prepared statement. Values are bound by their number, from 1; columns are read by theirs, from 0.
public final class Statement {
    private let database: Database
    private let statement: OpaquePointer

    init(_ database: Database, _ sql: String) throws(StoreError) {
        self.database = database
        var prepared: OpaquePointer?
        let status = sqlite3_prepare_v3(database.connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard status == SQLITE_OK else { throw database.error(status, "prepare \"\(sql.prefix(60))\" on") }
        guard let prepared else {
            throw .database(path: database.path, operation: "prepare a statement on", code: SQLITE_MISUSE, message: "it is empty")
        }
        statement = prepared
    }

    deinit { sqlite3_finalize(statement) }

    public func bind(_ index: Int, _ value: Int64) throws(StoreError) { try check(sqlite3_bind_int64(statement, Int32(index), value)) }

    /// The bytes are copied.
    public func bind(_ index: Int, _ value: [UInt8]) throws(StoreError) {
        // An empty array may have no address, and a null address binds NULL.
        if value.isEmpty { return try check(sqlite3_bind_zeroblob(statement, Int32(index), 0)) }
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        try check(sqlite3_bind_blob64(statement, Int32(index), value, UInt64(value.count), copied))
    }

    public func bind(_ index: Int, _ value: String) throws(StoreError) {
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        try check(sqlite3_bind_text(statement, Int32(index), value, Int32(clamping: value.utf8.count), copied))
    }

    public func bindNull(_ index: Int) throws(StoreError) { try check(sqlite3_bind_null(statement, Int32(index))) }

    /// - Returns: true where there is a row, false at the end.
    public func step() throws(StoreError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status:
            let error = database.error(status, "run a statement on")
            sqlite3_reset(statement)
            throw error
        }
    }

    /// Runs to the end and makes the statement ready for the next values.
    public func run() throws(StoreError) {
        while try step() {}
        reset()
    }

    /// Ends the reading and forgets the values.
    public func reset() {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    public func integer(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

    public func bytes(_ column: Int) -> [UInt8] {
        // The address first: the count of bytes is defined after the conversion only.
        guard let base = sqlite3_column_blob(statement, Int32(column)) else { return [] }
        return Array(UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(statement, Int32(column)))))
    }

    public func text(_ column: Int) -> String { sqlite3_column_text(statement, Int32(column)).map { String(cString: $0) } ?? "" }

    public func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }

    private func check(_ status: Int32) throws(StoreError) {
        if status != SQLITE_OK { throw database.error(status, "bind a value for") }
    }
}
