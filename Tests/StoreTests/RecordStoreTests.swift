import Foundation
import Store
import Testing

private let jobs = RecordSpace(rawValue: 1)
private let tasks = RecordSpace(rawValue: 2)

@Suite struct RecordStoreTests {
    @Test func recordsSurviveReopening() throws {
        try withDirectory { directory in
            let path = directory + "/node.db"
            do {
                let store = try RecordStore(path)
                try store.put(jobs, key: [1], value: [10])
                try store.put(jobs, key: [1], value: [11, 12])
                try store.put(tasks, key: [1], value: [20])
                try store.put(jobs, key: [], value: [])
                try store.put(jobs, key: [2], value: [1])
                try store.delete(jobs, key: [2])
                try store.delete(jobs, key: [99])
            }
            let store = try RecordStore(path)
            #expect(try store.get(jobs, key: [1]) == [11, 12])
            #expect(try store.get(tasks, key: [1]) == [20])
            #expect(try store.get(jobs, key: []) == [])
            #expect(try store.get(jobs, key: [2]) == nil)
            #expect(try store.get(tasks, key: []) == nil)
            #expect(try store.count(jobs) == 2)
            #expect(try store.findDamage() == [])
            #expect(try mode(path) == 0o600)
        }
    }

    @Test func scansFollowThePrefixInOrder() throws {
        try withDirectory { directory in
            let store = try RecordStore(directory + "/node.db")
            var keys: [[UInt8]] = [
                [], [0], [0, 0], [0, 255], [1], [1, 0], [1, 255], [1, 255, 255], [2], [254, 255], [255], [255, 0], [255, 255],
            ]
            try store.apply(keys.shuffled().map { RecordChange(jobs, key: $0, value: $0 + [7]) })
            try store.put(tasks, key: [1, 1], value: [])
            keys.sort { $0.lexicographicallyPrecedes($1) }
            for prefix: [UInt8] in [[], [0], [1], [1, 255], [254], [255], [255, 255], [3], [1, 255, 255, 255]] {
                let expected = keys.filter { $0.starts(with: prefix) }
                #expect(try store.scan(jobs, prefix: prefix).map(\.key) == expected)
                // The same in pages of two.
                var paged: [Record] = []
                while true {
                    let page = try store.scan(jobs, prefix: prefix, after: paged.last?.key, limit: 2)
                    if page.isEmpty { break }
                    paged += page
                }
                #expect(paged == expected.map { Record(key: $0, value: $0 + [7]) })
            }
            #expect(try store.scan(jobs, limit: 0).isEmpty)
        }
    }

    @Test func changesHappenTogetherOrNotAtAll() throws {
        try withDirectory { directory in
            let store = try RecordStore(directory + "/node.db")
            try store.apply([
                RecordChange(jobs, key: [1], value: [1]), RecordChange(jobs, key: [2], value: [2]),
                RecordChange(jobs, key: [1], value: nil),
            ])
            #expect(try store.scan(jobs) == [Record(key: [2], value: [2])])
            let failure = StoreError.diskFull(path: "probe")
            #expect(throws: failure) {
                try store.transaction { (transaction: borrowing RecordTransaction) throws(StoreError) in
                    try transaction.put(jobs, key: [3], value: [3])
                    try transaction.delete(jobs, key: [2])
                    throw failure
                }
            }
            #expect(try store.scan(jobs) == [Record(key: [2], value: [2])])
            let next = try store.transaction { (transaction: borrowing RecordTransaction) throws(StoreError) -> UInt8 in
                let old = try transaction.get(jobs, key: [2])?.first ?? 0
                try transaction.put(jobs, key: [2], value: [old + 1])
                return try transaction.scan(jobs).first?.value.first ?? 0
            }
            #expect(next == 3)
            #expect(try store.get(jobs, key: [2]) == [3])
        }
    }

    @Test func threadsTakeTurns() throws {
        try withDirectory { directory in
            let store = try RecordStore(directory + "/node.db")
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<10 {
                    try? store.transaction { (transaction: borrowing RecordTransaction) throws(StoreError) in
                        let old = try transaction.get(jobs, key: [0])?.first ?? 0
                        try transaction.put(jobs, key: [0], value: [old + 1])
                    }
                }
            }
            #expect(try store.get(jobs, key: [0]) == [80])
        }
    }

    /// What a killed process leaves is the files as they are. Copying them while the store is open, and cutting the log
    /// anywhere, must give a store that holds exactly the first so many changes.
    @Test func aCrashAnywhereLeavesAPrefixOfTheCommits() throws {
        try withDirectory { directory in
            let path = directory + "/node.db"
            let store = try RecordStore(path)
            for index in UInt8(1)...12 {
                try store.apply([
                    RecordChange(jobs, key: [index], value: [index]), RecordChange(tasks, key: [0], value: [index]),
                ])
            }
            let database = try bytes(path)
            let log = try bytes(path + "-wal")
            try #require(log.count > 32)
            var outcomes: Set<Int> = []
            for cut in stride(from: 0, through: log.count, by: 997) + [log.count] {
                let copy = directory + "/cut"
                try overwrite(copy, database)
                try overwrite(copy + "-wal", Array(log[..<cut]))
                let recovered = try RecordStore(copy)
                let keys = try recovered.scan(jobs).map(\.key)
                #expect(keys == (0..<keys.count).map { [UInt8($0 + 1)] })
                // Both halves of a commit, or neither.
                #expect(try recovered.get(tasks, key: [0]) == (keys.isEmpty ? nil : [UInt8(keys.count)]))
                outcomes.insert(keys.count)
            }
            #expect(outcomes.contains(12), "what was acknowledged is there")
            #expect(outcomes.count > 3)
        }
    }
}
