public import Determinism
public import Identity
public import Wire

/// An iterative search for the peers closest to a key (Kademlia paper, section 2.3), without messages, clock or timers.
///
/// The caller asks for the `next` step until it is told to wait, carries out each question, and reports `answered` or `failed`.
/// The search ends when the `required` closest candidates that are neither failed nor slow have answered and no nearer question
/// is open, or when nobody is left to ask.
public struct Lookup: Sendable {
    public enum Step: Equatable, Sendable {
        /// Send the question to this peer.
        case ask(Contact)
        /// Nothing to do before an answer comes or this moment passes.
        case wait(until: Instant)
        case finished
    }

    enum State: UInt8, Sendable {
        case fresh
        case waiting
        /// Silent for `slowAfter`: its place is free, its answer still counts.
        case slow
        case answered
        case failed
        /// Another path of the same search asks it.
        case taken
    }

    struct Candidate: Sendable {
        let distance: Bytes32
        let id: PeerID
        var state: State
        var addresses: AddressList
        /// While waiting: when it becomes slow.
        var deadline: Instant
    }

    public let target: Bytes32
    /// Candidates that must have answered: beta where something is retrieved, k where the closest k themselves are wanted.
    let required: Int
    var alpha: Int
    let slowAfter: Duration
    var candidatesMax: Int
    /// Sorted by distance.
    private(set) var candidates: [Candidate] = []
    private(set) var marks = PeerMarks()
    private(set) var waiting = 0
    /// No question becomes slow before.
    private(set) var slowAt = Instant.distantFuture
    /// Questions sent, for statistics.
    public private(set) var asked = 0

    public init(target: Bytes32, required: Int, parameters: Kademlia.Parameters) {
        self.target = target
        self.required = required
        alpha = parameters.alpha
        slowAfter = parameters.slowAfter
        candidatesMax = parameters.candidatesMax
    }

    /// Adds a peer that is not yet known; a known one gains the addresses that it lacked.
    public mutating func add(_ contact: Contact) {
        if let known = index(of: contact.id) {
            if candidates[known].state == .fresh { candidates[known].addresses.append(contentsOf: contact.addresses) }
            return
        }
        add(contact, key: contact.id.dhtKey)
    }

    /// As above for a peer whose key is at hand and that is certainly new.
    mutating func add(_ contact: Contact, key: Bytes32) {
        let distance = key ^ target
        let position = candidates.partitioningIndex { $0.distance >= distance }
        if candidates.count >= candidatesMax {
            guard position < candidates.count,
                let victim = candidates.lastIndex(where: { $0.state != .waiting && $0.state != .answered }),
                victim >= position
            else { return }
            candidates.remove(at: victim)
            marks.remove(at: victim)
        }
        marks.insert(contact.id, at: position)
        candidates.insert(
            Candidate(distance: distance, id: contact.id, state: .fresh, addresses: contact.addresses, deadline: .origin), at: position)
    }

    public mutating func next(now: Instant) -> Step {
        // All of them first: one that lies behind a fresh candidate must free its place too, or its deadline never passes.
        if slowAt <= now { markSlow(now: now) }
        var answered = 0
        var deadline = Instant.distantFuture
        var isBlocked = false
        var index = 0
        while index < candidates.count {
            switch candidates[index].state {
            case .answered:
                answered += 1
                if answered >= required { return isBlocked ? .wait(until: deadline) : .finished }
            case .waiting:
                isBlocked = true
                deadline = min(deadline, candidates[index].deadline)
            case .fresh:
                guard waiting < alpha else {
                    for later in index..<candidates.count where candidates[later].state == .waiting {
                        deadline = min(deadline, candidates[later].deadline)
                    }
                    return .wait(until: deadline)
                }
                candidates[index].state = .waiting
                candidates[index].deadline = now + slowAfter
                slowAt = min(slowAt, candidates[index].deadline)
                waiting += 1
                asked += 1
                return .ask(Contact(id: candidates[index].id, addresses: candidates[index].addresses))
            case .slow, .failed, .taken: break
            }
            index += 1
        }
        return isBlocked ? .wait(until: deadline) : .finished
    }

    private mutating func markSlow(now: Instant) {
        slowAt = .distantFuture
        for index in candidates.indices where candidates[index].state == .waiting {
            if candidates[index].deadline <= now {
                candidates[index].state = .slow
                waiting -= 1
            } else {
                slowAt = min(slowAt, candidates[index].deadline)
            }
        }
    }

    /// False where the peer was not asked.
    @discardableResult
    public mutating func answered(_ id: PeerID) -> Bool { settle(id, as: .answered) }

    /// False where the peer was not asked.
    @discardableResult
    public mutating func failed(_ id: PeerID) -> Bool { settle(id, as: .failed) }

    private mutating func settle(_ id: PeerID, as state: State) -> Bool {
        guard let index = index(of: id) else { return false }
        switch candidates[index].state {
        case .waiting: waiting -= 1
        case .slow: break
        case .fresh, .answered, .failed, .taken: return false
        }
        candidates[index].state = state
        return true
    }

    /// Takes back the question that `next` has just given: another path has asked that peer.
    mutating func leave(_ id: PeerID) {
        guard let index = index(of: id), candidates[index].state == .waiting else { return }
        candidates[index].state = .taken
        waiting -= 1
        asked -= 1
    }

    /// Whether this search has asked the peer, whatever came of it.
    func hasAsked(_ id: PeerID) -> Bool {
        guard let index = index(of: id) else { return false }
        return candidates[index].state != .fresh && candidates[index].state != .taken
    }

    func hasAnswered(_ id: PeerID) -> Bool { index(of: id).map { candidates[$0].state == .answered } ?? false }

    /// The closest peers that have answered, nearest first.
    public func closest(countMax: Int) -> [Contact] {
        answered.prefix(countMax).map { Contact(id: $0.id, addresses: $0.addresses) }
    }

    var answered: some Sequence<Candidate> { candidates.lazy.filter { $0.state == .answered } }

    public var isEmpty: Bool { candidates.isEmpty }

    /// Key of a candidate.
    func key(of id: PeerID) -> Bytes32? { index(of: id).map { candidates[$0].distance ^ target } }

    private func index(of id: PeerID) -> Int? { marks.firstIndex(of: id) { candidates[$0].id == id } }
}

extension Array {
    /// First index whose element satisfies the predicate, in an array in which all that do come after all that do not.
    func partitioningIndex(where belongsInSecond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsInSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
