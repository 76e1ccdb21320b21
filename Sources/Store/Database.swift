internal import CSQLite
internal import Glibc

/// One connection to an SQLite database, confined to whoever holds it.
///
/// Journal in WAL mode. With `synchronous` full a committed transaction survives the loss of power; a reader in another process
/// never blocks the writer.
public final class Database {
    public struct Parameters: Sendable {
        /// How long a statement waits for another process (a backup, `sqlite3`) before it fails with `busy`.
        public var busyTimeout = Duration.seconds(5)
        /// False syncs only at checkpoints: the newest commits may be lost with the power, never the consistency. About a
        /// hundred times faster for small transactions on a disk.
        public var isDurable = true
        /// KiB of pages kept in memory.
        public var cacheSize = 2048

        public init() {}
    }

    public let path: String
    let connection: OpaquePointer
    private var depth = 0

    /// Opens or creates the database (mode 0600) and brings its schema up to date.
    ///
    /// - Parameter migrations: the statements that lead from version n to version n + 1, for each n from 0. Never change one
    ///   that was released: append. The version is SQLite's `user_version`.
    /// - Throws: `corrupt` where the file is no database, `newerSchema` where a later release wrote it.
    public init(_ path: String, migrations: [String], _ parameters: Parameters = Parameters()) throws(StoreError) {
        self.path = path
        // Made here first because SQLite would let others read it; the journal files inherit the mode.
        do { _ = try FileDescriptor(path, O_RDWR | O_CREAT, mode: 0o600) }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = sqlite3_open_v2(path, &opened, flags, nil)
        guard let connection = opened else { throw .database(path: path, operation: "open", code: status, message: "out of memory") }
        self.connection = connection
        guard status == SQLITE_OK else { throw error(status, "open") }
        sqlite3_busy_timeout(connection, Int32(clamping: parameters.busyTimeout.components.seconds * 1000))
        try execute("PRAGMA journal_mode = WAL")
        try execute("PRAGMA synchronous = \(parameters.isDurable ? "FULL" : "NORMAL")")
        try execute("PRAGMA cache_size = -\(parameters.cacheSize)")
        try execute("PRAGMA trusted_schema = OFF")
        try migrate(migrations)
        if let directory = Directory.parent(of: path) { try Directory.sync(directory) }
    }

    deinit { sqlite3_close_v2(connection) }

    /// Runs statements that take no values and whose rows, if any, do not matter.
    public func execute(_ sql: String) throws(StoreError) {
        let status = sqlite3_exec(connection, sql, nil, nil, nil)
        if status != SQLITE_OK { throw error(status, "run \"\(sql.prefix(60))\" on") }
    }

    public func prepare(_ sql: String) throws(StoreError) -> Statement { try Statement(self, sql) }

    /// Commits what the body does, or nothing of it where it throws. Transactions do not nest: an inner one joins the outer.
    public func transaction<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
        if depth > 0 { return try body() }
        try execute("BEGIN IMMEDIATE")
        depth += 1
        defer { depth -= 1 }
        do throws(StoreError) {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // Some errors have rolled back already; then this has nothing to do.
            if sqlite3_get_autocommit(connection) == 0 { sqlite3_exec(connection, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// Checks every page; proportional to the size of the file. Empty where all is well.
    public func findDamage() throws(StoreError) -> [String] {
        let statement = try prepare("PRAGMA integrity_check(20)")
        var problems: [String] = []
        while try statement.step() { problems.append(statement.text(0)) }
        return problems == ["ok"] ? [] : problems
    }

    private func migrate(_ migrations: [String]) throws(StoreError) {
        let found = try version()
        guard found <= migrations.count else { throw .newerSchema(path: path, found: found, supported: migrations.count) }
        for (version, sql) in migrations.enumerated() where version >= found {
            try transaction { () throws(StoreError) in
                try execute(sql)
                try execute("PRAGMA user_version = \(version + 1)")
            }
        }
    }

    private func version() throws(StoreError) -> Int {
        let statement = try prepare("PRAGMA user_version")
        guard try statement.step() else { return 0 }
        return Int(statement.integer(0))
    }

    /// - Parameter status: an extended result code.
    func error(_ status: Int32, _ operation: String) -> StoreError {
        let message = String(cString: sqlite3_errmsg(connection))
        switch status & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(path: path, detail: message)
        case SQLITE_FULL: return .diskFull(path: path)
        case SQLITE_BUSY: return .busy(path: path)
        default: return .database(path: path, operation: operation, code: status, message: message)
        }
    }
}
