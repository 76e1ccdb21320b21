import Crypto
import Determinism
import Identity
import Kademlia
import Roles
import Wire

/// The lines of a registry, one for each Manager, by ascending keys.
///
/// A core of thousands knows thousands, which lie all over the memory: whoever counts, compares or draws reads the buckets, and of the
/// lines those that it is about.
struct RegistryLines: Sendable {
    struct Line: Sendable {
        let key: Bytes32
        var sequence: UInt64
        /// Encoded; empty once it is forgotten and only its number is kept.
        var record: [UInt8]
        /// None where the Manager has left.
        var addresses: AddressList
        var group: UInt32?
        var changedAt: Instant
        /// The line is forgotten, or its number is.
        var until: Instant

        var isThere: Bool { !addresses.isEmpty }

        /// Nil where it is forgotten.
        var signed: Identity.Record? { record.isEmpty ? nil : try? Identity.Record(encoded: record) }

        mutating func forget(until: Instant) {
            (record, addresses, group) = ([], .empty, nil)
            self.until = until
        }
    }

    /// What decides whether another line of the same Manager is taken.
    struct Version: Sendable {
        let sequence: UInt64
        let changedAt: Instant
        let group: UInt32?
    }

    /// Lines whose keys begin with the same byte.
    private struct Bucket: Sendable {
        var lines: [Line] = []
        /// Lines of Managers that are there.
        var thereCount: UInt32 = 0
        /// What a comparison compares, until a line changes.
        var digest: UInt64?

        func slot(notBelow key: Bytes32) -> Int {
            var (low, high) = (0, lines.count)
            while low < high {
                let middle = (low + high) / 2
                if lines[middle].key < key { low = middle + 1 } else { high = middle }
            }
            return low
        }

        func slot(of key: Bytes32) -> Int? {
            let slot = slot(notBelow: key)
            return slot < lines.count && lines[slot].key == key ? slot : nil
        }

        /// The line with such a number of those that are there, which is below `thereCount`.
        func line(there number: UInt32) -> Line {
            var (rest, slot) = (number, 0)
            while rest > 0 || !lines[slot].isThere {
                if lines[slot].isThere { rest -= 1 }
                slot += 1
            }
            return lines[slot]
        }
    }

    private var buckets = [Bucket](repeating: Bucket(), count: RegistrySummary.bucketCount)
    /// All lines, those that are forgotten but for their number included.
    private(set) var count = 0

    static func bucket(of key: Bytes32) -> Int { Int(key.firstByte) }

    var all: some Sequence<Line> { buckets.lazy.map(\.lines).joined() }

    func inBucket(_ bucket: Int) -> [Line] { buckets[bucket].lines }

    /// Lines of Managers that are there.
    var thereCount: Int { buckets.reduce(0) { $0 + Int($1.thereCount) } }

    subscript(key: Bytes32) -> Line? {
        let bucket = RegistryLines.bucket(of: key)
        return buckets[bucket].slot(of: key).map { buckets[bucket].lines[$0] }
    }

    func version(of key: Bytes32) -> Version? {
        let bucket = RegistryLines.bucket(of: key)
        guard let slot = buckets[bucket].slot(of: key) else { return nil }
        let line = buckets[bucket].lines[slot]
        return Version(sequence: line.sequence, changedAt: line.changedAt, group: line.group)
    }

    func count(ofGroup group: UInt32) -> Int {
        buckets.indices.reduce(0) { count, bucket in
            count + buckets[bucket].lines.indices.count { buckets[bucket].lines[$0].group == group }
        }
    }

    /// Takes the place of an earlier one of the same Manager.
    mutating func put(_ line: Line) {
        let bucket = RegistryLines.bucket(of: line.key)
        let slot = buckets[bucket].slot(notBelow: line.key)
        buckets[bucket].digest = nil
        if line.isThere { buckets[bucket].thereCount += 1 }
        guard slot < buckets[bucket].lines.count, buckets[bucket].lines[slot].key == line.key else {
            buckets[bucket].lines.insert(line, at: slot)
            count += 1
            return
        }
        if buckets[bucket].lines[slot].isThere { buckets[bucket].thereCount -= 1 }
        buckets[bucket].lines[slot] = line
    }

    /// Forgets lines, and the numbers of those that are forgotten already. The next moment at which there will be something to forget.
    mutating func sweep(now: Instant, memory: Duration) -> Instant? {
        var next: Instant?
        count = 0
        for bucket in buckets.indices where !buckets[bucket].lines.isEmpty {
            buckets[bucket].digest = nil
            buckets[bucket].lines.removeAll { $0.record.isEmpty && $0.until <= now }
            for slot in buckets[bucket].lines.indices {
                if buckets[bucket].lines[slot].until <= now { buckets[bucket].lines[slot].forget(until: now + memory) }
                next = earliest(next, buckets[bucket].lines[slot].until)
            }
            buckets[bucket].thereCount = UInt32(buckets[bucket].lines.count(where: \.isThere))
            count += buckets[bucket].lines.count
        }
        return next
    }

    /// First bytes of the hash over a bucket's keys and sequence numbers, as a big-endian number: see `RegistrySummary`.
    mutating func digest(of bucket: Int) -> UInt64 {
        if let digest = buckets[bucket].digest { return digest }
        var hasher = Blake2b()
        for line in buckets[bucket].lines where !line.record.isEmpty {
            hasher.update(line.key)
            hasher.update(integer: line.sequence)
        }
        let digest = hasher.finish().words.0
        buckets[bucket].digest = digest
        return digest
    }

    /// Some of those that are there, at random. All are shuffled, but by their numbers.
    func draw(_ countMax: Int, except excluded: Bytes32? = nil, using generator: inout Generator) -> [Line] {
        let excludedNumber = excluded.flatMap { numberThere($0) }
        let numbers = (0..<UInt32(thereCount - (excludedNumber == nil ? 0 : 1))).shuffled(using: &generator)
        return numbers.prefix(countMax).map { line(there: $0 >= excludedNumber ?? .max ? $0 + 1 : $0) }
    }

    /// Which of those that are there a Manager is, by ascending keys; nil where it is not.
    private func numberThere(_ key: Bytes32) -> UInt32? {
        let bucket = RegistryLines.bucket(of: key)
        guard let slot = buckets[bucket].slot(of: key), buckets[bucket].lines[slot].isThere else { return nil }
        let before = buckets[..<bucket].reduce(0) { $0 + $1.thereCount }
        return before + UInt32(buckets[bucket].lines[..<slot].count(where: \.isThere))
    }

    /// The line with such a number, which is below `thereCount`.
    private func line(there number: UInt32) -> Line {
        var (rest, bucket) = (number, 0)
        while buckets[bucket].thereCount <= rest {
            rest -= buckets[bucket].thereCount
            bucket += 1
        }
        return buckets[bucket].line(there: rest)
    }

    /// What must always hold and does not.
    var violations: [String] {
        var found: [String] = []
        for (line, next) in zip(all, all.dropFirst()) where line.key >= next.key { found.append("lines out of order") }
        for bucket in buckets where bucket.thereCount != bucket.lines.count(where: \.isThere) {
            found.append("Managers are counted wrongly")
        }
        if count != buckets.reduce(0, { $0 + $1.lines.count }) { found.append("lines are counted wrongly") }
        for line in all where line.record.isEmpty && line.isThere { found.append("addresses of a forgotten line") }
        return found
    }
}
