import Crypto
import EventLoop
import Roles
import Store
import Testing
import Wire

@testable import NodeRuntime

@Suite("Block scopes")
struct BlockScopesTests {
    private let first = Hash.blake2b([1])
    private let second = Hash.blake2b([2])
    private let a = Hash.cid(of: [10])
    private let b = Hash.cid(of: [11])

    private func withScopes(_ body: (BlockScopes) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        try body(BlockScopes(records: RecordStore(directory.path + "/node.db")))
    }

    @Test func aBlockStaysUntilItsLastScopeIsReleased() throws {
        try withScopes { scopes in
            try scopes.keep([a, b], .manager, first)
            try scopes.keep([a], .manager, second)
            #expect(try scopes.release(.manager, first) == [b])
            #expect(try scopes.isKept(a))
            #expect(try !scopes.isKept(b))
            #expect(try scopes.release(.manager, second) == [a])
        }
    }

    @Test func rolesDoNotReleaseEachOthersBlocks() throws {
        try withScopes { scopes in
            try scopes.keep([a], .manager, first)
            try scopes.keep([a], .worker, first)
            #expect(try scopes.release(.manager, first) == [])
            #expect(try scopes.release(.worker, first) == [a])
        }
    }

    @Test func keepingTwiceCountsOnceAndReleasingTwiceIsHarmless() throws {
        try withScopes { scopes in
            try scopes.keep([a], .manager, first)
            try scopes.keep([a], .manager, first)
            #expect(try scopes.release(.manager, first) == [a])
            #expect(try scopes.release(.manager, first) == [])
        }
    }

    @Test func manyBlocksAreReleasedAPageAtATime() throws {
        try withScopes { scopes in
            let cids = (0..<(BlockScopes.pageMax * 2 + 7)).map { Hash.cid(of: [UInt8($0 & 255), UInt8($0 >> 8)]) }
            try scopes.keep(cids, .verifier, first)
            #expect(Set(try scopes.release(.verifier, first)) == Set(cids))
            #expect(try cids.allSatisfy { try !scopes.isKept($0) })
        }
    }

    @Test func allScopesOfARoleGoTogether() throws {
        try withScopes { scopes in
            try scopes.keep([a], .client, first)
            try scopes.keep([b], .client, second)
            try scopes.keep([b], .manager, second)
            #expect(try scopes.releaseAll(.client) == [a])
            #expect(try scopes.isKept(b))
        }
    }
}

@Suite("Storage side")
struct StorageSideTests {
    @Test func blocksAreThereUntilReleasedAndOrphansGoAtTheStart() throws {
        let directory = try TemporaryDirectory()
        let places = Places(directory: directory.path)
        let (kept, released): ([UInt8], [UInt8]) = ([1, 2, 3], [4, 5, 6])
        let scope = Hash.blake2b([9])
        let other = Hash.blake2b([8])
        do {
            let loop = try EventLoop()
            let storage = try StorageSide(loop: loop, places: places, blocksMax: 16)
            var done: [String] = []
            storage.store([(Hash.cid(of: kept), kept)], .worker, scope: scope) { done.append("kept \($0 == nil)") }
            storage.store([(Hash.cid(of: released), released)], .worker, scope: other) { done.append("second \($0 == nil)") }
            storage.release(.worker, scope: other) { done.append("released \($0 == nil)") }
            storage.read(Hash.cid(of: kept)) { _ in }
            #expect(try loop.run(for: .seconds(30)) { done.count == 3 && storage.isIdle })
            #expect(done == ["kept true", "second true", "released true"])
            #expect(storage.blocks.contains(Hash.cid(of: kept)))
            #expect(!storage.blocks.contains(Hash.cid(of: released)))
            // What a crash between the file and its row leaves.
            _ = try storage.blocks.put([7, 7])
            try loop.shutdown()
        }
        let loop = try EventLoop()
        let storage = try StorageSide(loop: loop, places: places, blocksMax: 16)
        #expect(storage.blocks.contains(Hash.cid(of: kept)))
        #expect(!storage.blocks.contains(Hash.cid(of: [7, 7])))
        try loop.shutdown()
    }

    @Test func restoringLeavesTheArchiveOut() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let storage = try StorageSide(loop: loop, places: Places(directory: directory.path), blocksMax: 16)
        let space = RoleName.manager.space
        var changes = ["", "Z", "`", "b", "b2", "z"].map { RecordChange(space, key: Array($0.utf8), value: [1]) }
        changes += (0..<2500).map { RecordChange(space, key: Array("a\($0)".utf8), value: [2]) }
        try storage.records.apply(changes)
        let restored = try storage.restore(.manager)
        #expect(restored.map { String(decoding: $0.key, as: UTF8.self) } == ["", "Z", "`", "b", "b2", "z"])
        try loop.shutdown()
    }

    @Test func loadingBeginsAtTheKeyThatIsAskedFor() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let storage = try StorageSide(loop: loop, places: Places(directory: directory.path), blocksMax: 16)
        let space = RoleName.manager.space
        try storage.records.apply(["a1", "a2", "a3", "b1"].map { RecordChange(space, key: Array($0.utf8), value: []) })
        func load(_ prefix: String, _ from: String, _ countMax: Int) throws -> [String] {
            try storage.records.entries(space, prefix: Array(prefix.utf8), from: Array(from.utf8), countMax: countMax)
                .map { String(decoding: $0.key, as: UTF8.self) }
        }
        #expect(try load("a", "", 9) == ["a1", "a2", "a3"])
        #expect(try load("a", "a2", 9) == ["a2", "a3"])
        #expect(try load("a", "a15", 1) == ["a2"])
        #expect(try load("a", "a2", 0) == [])
        #expect(try load("", "", 9) == ["a1", "a2", "a3", "b1"])
        try loop.shutdown()
    }

    @Test func sequenceNumbersGrowFromRunToRun() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let storage = try StorageSide(loop: loop, places: Places(directory: directory.path), blocksMax: 16)
        let first = try storage.nextSequenceNumber()
        let second = try storage.nextSequenceNumber()
        #expect(second - first >= 1 << 40)
        try loop.shutdown()
    }
}
