import Foundation
import Store
import Testing

@Suite struct DatabaseTests {
    @Test func migrationsRunOnceAndInOrder() throws {
        try withDirectory { directory in
            let path = directory + "/a.db"
            let first = "CREATE TABLE a (x INTEGER)"
            let second = "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)"
            do { _ = try Database(path, migrations: [first]) }
            do { _ = try Database(path, migrations: [first, second]) }
            let database = try Database(path, migrations: [first, second])
            let statement = try database.prepare("SELECT sum(x), count(*) FROM a")
            #expect(try statement.step())
            #expect(statement.integer(0) == 3)
            #expect(statement.integer(1) == 2)
            #expect(throws: StoreError.newerSchema(path: path, found: 2, supported: 1)) {
                try Database(path, migrations: [first])
            }
        }
    }

    @Test func aMigrationThatFailsLeavesTheOldVersion() throws {
        try withDirectory { directory in
            let path = directory + "/a.db"
            let good = "CREATE TABLE a (x INTEGER)"
            do { _ = try Database(path, migrations: [good]) }
            #expect(throws: StoreError.self) { try Database(path, migrations: [good, "INSERT INTO a VALUES (1); nonsense"]) }
            let database = try Database(path, migrations: [good])
            let statement = try database.prepare("SELECT count(*) FROM a")
            #expect(try statement.step() && statement.integer(0) == 0)
        }
    }

    @Test func aFileThatIsNoDatabaseIsCalledSo() throws {
        try withDirectory { directory in
            let path = directory + "/a.db"
            try overwrite(path, Array(repeating: 0x41, count: 8192))
            let error = #expect(throws: StoreError.self) { try RecordStore(path) }
            guard case .corrupt(path, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.description.contains("move it away") == true)
            #expect(try bytes(path).count == 8192, "the evidence is left alone")
        }
    }

    @Test func damagedPagesAreFound() throws {
        try withDirectory { directory in
            let path = directory + "/a.db"
            let space = RecordSpace(rawValue: 1)
            do {
                let store = try RecordStore(path)
                try store.apply((0..<200).map { RecordChange(space, key: [UInt8($0)], value: Array(repeating: 1, count: 500)) })
            }
            var contents = try bytes(path)
            // Everything behind the page with the header and the schema.
            for index in 4096..<contents.count { contents[index] = UInt8(truncatingIfNeeded: index &* 31) }
            try overwrite(path, contents)
            let store = try RecordStore(path)
            #expect(try !store.findDamage().isEmpty)
            #expect(throws: StoreError.self) { try store.get(space, key: [3]) }
            do throws(StoreError) {
                _ = try store.scan(space)
                Issue.record("a damaged table was read")
            } catch .corrupt {
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test func aLockedDatabaseIsBusyNotBroken() throws {
        try withDirectory { directory in
            var parameters = Database.Parameters()
            parameters.busyTimeout = .zero
            let path = directory + "/a.db"
            let first = try Database(path, migrations: [], parameters)
            let second = try Database(path, migrations: [], parameters)
            try first.execute("CREATE TABLE a (x)")
            try first.transaction { () throws(StoreError) in
                try first.execute("INSERT INTO a VALUES (1)")
                let error = #expect(throws: StoreError.self) { try second.execute("INSERT INTO a VALUES (2)") }
                #expect(error == .busy(path: path))
            }
            try second.execute("INSERT INTO a VALUES (2)")
        }
    }

    @Test func valuesRoundTrip() throws {
        try withDirectory { directory in
            let database = try Database(directory + "/a.db", migrations: ["CREATE TABLE a (i, b, t, n)"])
            let insert = try database.prepare("INSERT INTO a VALUES (?1, ?2, ?3, ?4)")
            let rows: [(Int64, [UInt8], String)] = [(.min, [], ""), (.max, [0, 255], "é\u{1F600}"), (0, [UInt8](0...255), "x")]
            for (number, blob, text) in rows {
                try insert.bind(1, number)
                try insert.bind(2, blob)
                try insert.bind(3, text)
                try insert.bindNull(4)
                try insert.run()
            }
            let select = try database.prepare("SELECT i, b, t, n, typeof(b) FROM a ORDER BY rowid")
            for (number, blob, text) in rows {
                #expect(try select.step())
                #expect(select.integer(0) == number)
                #expect(select.bytes(1) == blob)
                #expect(select.text(2) == text)
                #expect(select.isNull(3) && !select.isNull(1))
                #expect(select.text(4) == "blob")
            }
            #expect(try !select.step())
            #expect(throws: StoreError.self) { try insert.bind(5, Int64(1)) }
            #expect(throws: StoreError.self) { try database.prepare("SELEC") }
            #expect(throws: StoreError.self) { try database.prepare("  ") }
        }
    }
}
