import Crypto
import Foundation
import Store
import Testing
import Wire

@Suite struct BlockStoreTests {
    private func block(_ seed: UInt8, _ count: Int = 1000) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0) &+ seed } }

    @Test func blocksSurviveReopening() throws {
        try withDirectory { directory in
            var cids: [CID] = []
            do {
                let store = try BlockStore(directory + "/blocks")
                for seed in UInt8(0)..<20 { cids.append(try store.put(block(seed, 100 + Int(seed)))) }
                cids.append(try store.put([]))
                _ = try store.put(block(3, 103))
                #expect(store.totals == BlockStore.Totals(blockCount: 21, size: 2190))
            }
            let store = try BlockStore(directory + "/blocks")
            #expect(store.totals == BlockStore.Totals(blockCount: 21, size: 2190))
            for seed in UInt8(0)..<20 {
                #expect(try store.read(cids[Int(seed)]) == .found(block(seed, 100 + Int(seed))))
                #expect(store.size(of: cids[Int(seed)]) == 100 + Int(seed))
            }
            #expect(try store.read(cids[20]) == .found([]))
            #expect(try store.cids() == cids.sorted())
            #expect(try store.read(Hash.cid(of: [9])) == .missing)
            #expect(!store.contains(Hash.cid(of: [9])))
        }
    }

    @Test func everyHashFunctionAndCodecIsChecked() throws {
        try withDirectory { directory in
            let store = try BlockStore(directory)
            let content = block(1)
            for codec in [CID.Codec.raw, .dagProtobuf] {
                let good = [
                    CID(codec: codec, hash: .sha256, digest: Hash.sha256(content)),
                    CID(codec: codec, hash: .blake2b256, digest: Hash.blake2b(content)),
                ]
                let bad = [
                    CID(codec: codec, hash: .blake2b256, digest: Hash.sha256(content)),
                    CID(codec: codec, hash: .sha256, digest: Hash.blake2b(content)),
                ]
                for cid in good {
                    try store.put(content, as: cid)
                    #expect(try store.read(cid) == .found(content))
                }
                for cid in bad {
                    #expect(throws: StoreError.wrongContent(cid)) { try store.put(content, as: cid) }
                    #expect(!store.contains(cid))
                }
            }
            #expect(store.totals.blockCount == 4)
            #expect(try files(directory).count == 4, "nothing refused leaves a file")
        }
    }

    @Test(arguments: ["flipped", "truncated", "extended", "emptied"])
    func aDamagedFileIsReportedAndRemoved(kind: String) throws {
        try withDirectory { directory in
            let store = try BlockStore(directory)
            let content = block(1)
            let cid = try store.put(content)
            let other = try store.put(block(2))
            let path = store.path(cid)
            var damaged = content
            switch kind {
            case "flipped": damaged[500] ^= 1
            case "truncated": damaged.removeLast(1)
            case "extended": damaged += [UInt8](repeating: 0, count: 2 << 20)
            default: damaged = []
            }
            try overwrite(path, damaged)
            let reopened = try BlockStore(directory)
            #expect(try reopened.read(cid) == .corrupt(path: path))
            #expect(try reopened.read(cid) == .missing)
            #expect(reopened.totals == BlockStore.Totals(blockCount: 1, size: 1000))
            #expect(try reopened.read(other) == .found(block(2)))
            try reopened.put(content, as: cid)
            #expect(try reopened.read(cid) == .found(content))
        }
    }

    @Test func puttingABlockRepairsATruncatedFile() throws {
        try withDirectory { directory in
            let store = try BlockStore(directory)
            let cid = try store.put(block(1))
            try overwrite(store.path(cid), Array(block(1)[..<400]))
            let reopened = try BlockStore(directory)
            #expect(reopened.totals.size == 400)
            try reopened.put(block(1), as: cid)
            #expect(try reopened.read(cid) == .found(block(1)))
            #expect(reopened.totals == BlockStore.Totals(blockCount: 1, size: 1000))
        }
    }

    @Test func whatACrashLeftIsIgnoredAndSweptUp() throws {
        try withDirectory { directory in
            let cid = Hash.cid(of: block(1))
            do {
                let store = try BlockStore(directory)
                _ = try store.put(block(2))
            }
            // A process that died in the middle of a write.
            try overwrite(directory + "/tmp/\(cid).123.1.tmp", Array(block(1)[..<300]))
            try overwrite(directory + "/notes.txt", [1, 2, 3])
            let store = try BlockStore(directory)
            #expect(store.totals == BlockStore.Totals(blockCount: 1, size: 1000))
            #expect(try store.read(cid) == .missing)
            #expect(try files(directory + "/tmp").isEmpty)
            #expect(try bytes(directory + "/notes.txt") == [1, 2, 3], "a stranger's file is left alone")
        }
    }

    @Test func theQuotaIsKept() throws {
        try withDirectory { directory in
            var parameters = BlockStore.Parameters()
            parameters.quota = 2500
            parameters.blockSizeMax = 1500
            let store = try BlockStore(directory, parameters)
            let first = try store.put(block(1))
            _ = try store.put(block(2))
            #expect(store.available == 500)
            #expect(throws: StoreError.quotaExceeded(needed: 1000, available: 500)) { try store.put(block(3)) }
            #expect(throws: StoreError.tooLarge(count: 1501, max: 1500)) { try store.put(block(3, 1501)) }
            #expect(store.available == 500, "a refusal reserves nothing")
            _ = try store.put(block(1))
            _ = try store.put(block(3, 500))
            #expect(store.available == 0)
            #expect(try store.remove(first))
            #expect(try !store.remove(first))
            #expect(store.available == 1000)
            _ = try store.put(block(4))
        }
    }

    @Test func garbageIsWhatNobodyKeeps() throws {
        try withDirectory { directory in
            let store = try BlockStore(directory)
            let cids = try (UInt8(0)..<10).map { try store.put(block($0, 100)) }
            let kept = Set(cids[..<4])
            #expect(try store.collectGarbage(keeping: kept.contains) == BlockStore.Totals(blockCount: 6, size: 600))
            #expect(Set(try store.cids()) == kept)
            #expect(store.totals == BlockStore.Totals(blockCount: 4, size: 400))
            #expect(try store.collectGarbage(keeping: kept.contains) == BlockStore.Totals())
        }
    }

    @Test func manyThreadsKeepOneCopyAndOneCount() throws {
        try withDirectory { directory in
            let store = try BlockStore(directory)
            DispatchQueue.concurrentPerform(iterations: 16) { index in
                for seed in UInt8(0)..<5 { _ = try? store.put(block(seed)) }
                if index % 4 == 0 { _ = try? store.remove(Hash.cid(of: block(9))) }
            }
            #expect(store.totals == BlockStore.Totals(blockCount: 5, size: 5000))
            #expect(try BlockStore(directory).totals == store.totals)
            #expect(store.available == store.parameters.quota - 5000)
            #expect(try files(directory + "/tmp").isEmpty)
        }
    }
}
