internal import Identity
public import Wire

/// A draw from a roster that anybody can repeat: u_j = H("draw" ‖ purpose ‖ subject ‖ output ‖ j), rejection-sampled modulo the
/// tickets of the roster. Who was drawn before or is excluded is skipped. Source: `docs/protocols/proof.md`, "Draws".
public struct Draw: Sendable {
    /// Who cannot be drawn.
    public struct Exclusion: Hashable, Sendable {
        public var keys: Set<Bytes32>
        public var operators: Set<Bytes32>

        public init(keys: Set<Bytes32> = [], operators: Set<Bytes32> = []) {
            self.keys = keys
            self.operators = operators
        }

        /// A Worker and its operator's other nodes: they do not verify their own work.
        public init(worker: Bytes32, in workers: Roster) {
            self.init(keys: [worker])
            if let entry = workers[worker], entry.operatorID != .zero { operators.insert(entry.operatorID) }
        }

        public func contains(_ entry: Roster.Entry) -> Bool {
            keys.contains(entry.key) || (entry.operatorID != .zero && operators.contains(entry.operatorID))
        }
    }

    private let roster: Roster
    /// Tickets of entries 0 ... i.
    private let sums: [UInt64]
    private var sampler: RejectionSampler
    private var open: [Bool]
    private var openCount: Int
    /// Those drawn so far, by rank.
    public private(set) var drawn: [Roster.Entry] = []

    public init(_ purpose: DrawPurpose, subject: Bytes32, output: Bytes32, roster: Roster, excluding exclusion: Exclusion = Exclusion()) {
        self.roster = roster
        var sum: UInt64 = 0
        sums = roster.entries.map { entry in
            sum += UInt64(entry.tickets)
            return sum
        }
        var writer = ByteWriter(reserving: 77)
        writer.writeLabel("draw")
        writer.write(purpose.rawValue)
        writer.write(subject)
        writer.write(output)
        sampler = RejectionSampler(prefix: writer.bytes)
        open = roster.entries.map { !exclusion.contains($0) }
        openCount = open.count { $0 }
    }

    /// The next rank; nil when everybody was drawn or is excluded. Late ranks of a large roster take many tries: about n ln n hashes
    /// for all of n.
    public mutating func next() -> Roster.Entry? {
        guard openCount > 0, let total = sums.last else { return nil }
        while true {
            let index = entry(ofTicket: sampler.next(below: total))
            guard open[index] else { continue }
            open[index] = false
            openCount -= 1
            drawn.append(roster.entries[index])
            return roster.entries[index]
        }
    }

    /// The entry at a rank, 0 being the first.
    public mutating func entry(rank: Int) -> Roster.Entry? {
        while drawn.count <= rank {
            guard next() != nil else { return nil }
        }
        return drawn[rank]
    }

    private func entry(ofTicket ticket: UInt64) -> Int {
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] <= ticket { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
