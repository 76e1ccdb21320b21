public import Identity
public import Wire

/// What a draw is for. Part of what is hashed.
public enum DrawPurpose: UInt8, Hashable, Sendable, CaseIterable {
    case worker = 1
    case verifier = 2
    case replica = 3
    case committee = 4
    case witness = 5
    case decoy = 6
    case third = 7
}

/// The nodes that a draw chooses from, certified at least one round before the output that draws.
public struct Roster: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var key: Bytes32
        /// Field of the licence; zero where the network has no licences: such nodes count as operators of their own.
        public var operatorID: Bytes32
        /// ⌊stake / minimum⌋, 1 ... 16, per licence.
        public var tickets: UInt8

        public init(key: Bytes32, operatorID: Bytes32 = .zero, tickets: UInt8 = 1) {
            self.key = key
            self.operatorID = operatorID
            self.tickets = tickets
        }
    }

    /// Ascending by key, each key once.
    public let entries: [Entry]

    public static let ticketsMax: UInt8 = 16
    public static let entriesMax = 1 << 17
    static let entrySize = 65

    /// Sorts. Nil where a key appears twice, tickets are out of bounds, or there are too many entries.
    public init?(_ entries: [Entry]) {
        guard entries.count <= Roster.entriesMax else { return nil }
        let sorted = entries.sorted { $0.key < $1.key }
        guard sorted.allSatisfy({ 1...Roster.ticketsMax ~= $0.tickets }) else { return nil }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.key < $1.key }) else { return nil }
        self.entries = sorted
    }

    /// Entries, 65 bytes each: key, operator, tickets.
    public var packed: [UInt8] {
        var writer = ByteWriter(reserving: entries.count * Roster.entrySize)
        for entry in entries {
            writer.write(entry.key)
            writer.write(entry.operatorID)
            writer.write(entry.tickets)
        }
        return writer.bytes
    }

    /// Throws `notCanonical` where the entries are not in order or out of bounds.
    public init(packed: ArraySlice<UInt8>) throws(WireError) {
        guard packed.count <= Roster.entriesMax * Roster.entrySize else { throw .outOfBounds }
        var reader = ByteReader(packed)
        var entries: [Entry] = []
        entries.reserveCapacity(packed.count / Roster.entrySize)
        while !reader.isAtEnd {
            entries.append(
                Entry(key: try reader.readBytes32(), operatorID: try reader.readBytes32(), tickets: try reader.readByte()))
        }
        guard let roster = Roster(entries), roster.entries == entries else { throw .notCanonical }
        self = roster
    }

    /// H("roster" ‖ entries): what a round's root certifies.
    public var root: Bytes32 { Labelled.hash("roster") { $0.writeHashField(packed) } }

    /// The entry of a key, by binary search.
    public subscript(key: Bytes32) -> Entry? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].key == key ? entries[low] : nil
    }
}

/// What is drawn for.
public enum DrawSubject {
    /// The Worker of one attempt: H("subject" ‖ job ‖ task ‖ attempt).
    public static func worker(job: RecordID, task: UInt32, attempt: UInt32) -> Bytes32 {
        Labelled.hash("subject") { writer in
            writer.write(job)
            writer.writeLittleEndian(task)
            writer.writeLittleEndian(attempt)
        }
    }

    /// The Verifiers of what one Worker committed for a job in a round: H("subject" ‖ job ‖ Worker ‖ round).
    public static func verifiers(job: RecordID, worker: Bytes32, round: UInt64) -> Bytes32 {
        Labelled.hash("subject") { writer in
            writer.write(job)
            writer.write(worker)
            writer.writeLittleEndian(round)
        }
    }
}
