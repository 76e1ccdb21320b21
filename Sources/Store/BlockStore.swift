internal import Crypto
internal import Glibc
internal import Synchronization
public import Wire

/// Content-addressed blocks as files: `DIR/ab/CID`, where `ab` is the first byte of the digest in hexadecimal and `CID` the
/// name in its text form (`bafk…`).
///
/// Nothing is kept that does not hash to its name, and nothing is read that does not. A block is there whole or not at all: it is
/// written to `DIR/tmp`, synced and renamed. No index is kept in memory; only the totals are.
///
/// All calls may come from any thread and block for the disk. One process owns the directory (`DirectoryLock`).
public final class BlockStore: Sendable {
    public struct Parameters: Sendable {
        /// Bytes that all blocks may take together. Their names and the file system's own needs come on top.
        public var quota = 20 << 30
        /// Bytes. What the block exchange sends in one message.
        public var blockSizeMax = 1 << 20

        public init() {}
    }

    /// What a read found.
    public enum ReadResult: Equatable, Sendable {
        case found([UInt8])
        case missing
        /// The file did not hold the bytes of its name. It has been removed: ask the network again, and distrust the disk.
        case corrupt(path: String)
    }

    public struct Totals: Equatable, Sendable {
        public var blockCount = 0
        /// Bytes.
        public var size = 0

        public init(blockCount: Int = 0, size: Int = 0) {
            self.blockCount = blockCount
            self.size = size
        }
    }

    public let directory: String
    public let parameters: Parameters
    private let usage: Mutex<Usage>

    private struct Usage {
        var totals = Totals()
        /// Bytes of blocks that are being written.
        var reserved = 0
    }

    /// Makes the directory where there is none, throws away what a crash left half-written, and counts what is there.
    public init(_ directory: String, _ parameters: Parameters = Parameters()) throws(StoreError) {
        self.directory = directory
        self.parameters = parameters
        try Directory.create(directory + "/tmp")
        for name in try Directory.names(directory + "/tmp") { unlink("\(directory)/tmp/\(name)") }
        var totals = Totals()
        try BlockStore.walk(directory) { _, _, size in
            totals.blockCount += 1
            totals.size += size
        }
        usage = Mutex(Usage(totals: totals))
    }

    public var totals: Totals { usage.withLock { $0.totals } }

    /// Bytes that still fit.
    public var available: Int { usage.withLock { max(0, parameters.quota - $0.totals.size - $0.reserved) } }

    /// Keeps a block under the name of its contents.
    public func put(_ block: [UInt8]) throws(StoreError) -> CID {
        let cid = Hash.cid(of: block)
        try keep(block, as: cid)
        return cid
    }

    /// Keeps a block that came from elsewhere with its name.
    /// - Throws: `wrongContent`, `tooLarge`, `quotaExceeded`, `diskFull`: then it is not kept.
    public func put(_ block: [UInt8], as cid: CID) throws(StoreError) {
        guard BlockStore.matches(block, cid) else { throw .wrongContent(cid) }
        try keep(block, as: cid)
    }

    public func contains(_ cid: CID) -> Bool { size(of: cid) != nil }

    /// Bytes; nil where there is no such block.
    public func size(of cid: CID) -> Int? { BlockStore.fileSize(path(cid)) }

    /// Reads and verifies.
    public func read(_ cid: CID) throws(StoreError) -> ReadResult {
        let path = path(cid)
        do throws(StoreError) {
            guard let block = try AtomicFile.read(path, max: parameters.blockSizeMax) else { return .missing }
            if BlockStore.matches(block, cid) { return .found(block) }
        } catch .tooLarge {
            // No block that was kept is as large.
        } catch .system(_, _, EIO) {
            // The disk cannot read it: as good as damaged.
        }
        try remove(cid)
        return .corrupt(path: path)
    }

    /// - Returns: false where there was no such block.
    @discardableResult
    public func remove(_ cid: CID) throws(StoreError) -> Bool {
        let path = path(cid)
        return try usage.withLock { usage throws(StoreError) in
            guard let size = BlockStore.fileSize(path) else { return false }
            if unlink(path) != 0 { throw .last("remove", path) }
            usage.totals.blockCount -= 1
            usage.totals.size -= size
            return true
        }
    }

    /// Every block, in the order of the digests.
    public func cids() throws(StoreError) -> [CID] {
        var cids: [CID] = []
        try BlockStore.walk(directory) { cid, _, _ in cids.append(cid) }
        return cids
    }

    /// Removes the blocks that nobody keeps. A block that is put meanwhile may be asked about as well.
    /// - Returns: what was removed.
    public func collectGarbage(keeping isKept: (CID) -> Bool) throws(StoreError) -> Totals {
        var removed = Totals()
        for cid in try cids() where !isKept(cid) {
            let size = size(of: cid)
            guard try remove(cid), let size else { continue }
            removed.blockCount += 1
            removed.size += size
        }
        return removed
    }

    private func keep(_ block: [UInt8], as cid: CID) throws(StoreError) {
        guard block.count <= parameters.blockSizeMax else { throw .tooLarge(count: block.count, max: parameters.blockSizeMax) }
        let path = path(cid)
        let folder = folder(cid)
        // The other thread that keeps it may still wait for the disk, so this one waits too.
        if BlockStore.fileSize(path) == block.count { return try Directory.sync(folder) }
        try reserve(block.count)
        let temporary = "\(directory)/tmp/\(cid)" + AtomicFile.temporarySuffix()
        do throws(StoreError) {
            if mkdir(folder, 0o700) == 0 {
                try Directory.sync(directory)
            } else if errno != EEXIST {
                throw .last("create the directory", folder)
            }
            try AtomicFile.create(temporary, block, mode: 0o600)
            try usage.withLock { usage throws(StoreError) in
                // The same block from another thread, or a damaged file: the rename replaces it.
                let replaced = BlockStore.fileSize(path)
                if rename(temporary, path) != 0 { throw .last("keep", path) }
                usage.reserved -= block.count
                usage.totals.blockCount += replaced == nil ? 1 : 0
                usage.totals.size += block.count - (replaced ?? 0)
            }
        } catch {
            unlink(temporary)
            usage.withLock { $0.reserved -= block.count }
            throw error
        }
        try Directory.sync(folder)
    }

    private func reserve(_ count: Int) throws(StoreError) {
        try usage.withLock { usage throws(StoreError) in
            let available = parameters.quota - usage.totals.size - usage.reserved
            guard count <= available else { throw .quotaExceeded(needed: count, available: max(0, available)) }
            usage.reserved += count
        }
    }
}

extension BlockStore {
    private func folder(_ cid: CID) -> String { "\(directory)/\(Hex.encode([cid.digest[0]]))" }

    /// Where the block is, or would be.
    public func path(_ cid: CID) -> String { "\(folder(cid))/\(cid)" }

    private static func matches(_ block: [UInt8], _ cid: CID) -> Bool {
        switch cid.hash {
        case .sha256: Hash.sha256(block) == cid.digest
        case .blake2b256: Hash.blake2b(block) == cid.digest
        }
    }

    private static func fileSize(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Files whose name is a CID, in the folder where it belongs; everything else is left alone.
    private static func walk(_ directory: String, _ body: (CID, String, Int) -> Void) throws(StoreError) {
        for folder in try Directory.names(directory) where folder.utf8.count == 2 {
            for name in try Directory.names("\(directory)/\(folder)") {
                let path = "\(directory)/\(folder)/\(name)"
                guard let cid = CID(name), cid.description == name, Hex.encode([cid.digest[0]]) == folder else { continue }
                if let size = fileSize(path) { body(cid, path, size) }
            }
        }
    }
}
