internal import Determinism
internal import Identity
internal import Wire

/// A search along several paths that share no peer (S/Kademlia, Baumgart and Mies 2007, 4.4), each a `Lookup` of its own.
///
/// The peers that it begins with are dealt out, nearest first. What a peer names goes to the path that asked it, and no other: a path
/// that fell among liars ends among them, alone. With one path it is a plain lookup.
struct DisjointSearch: Sendable {
    private(set) var paths: [Lookup]
    /// By path, whether it had come to its end when it was last asked for a step.
    private(set) var isOver: [Bool]
    /// Whose turn it is to ask, and to be given a peer to begin with.
    private var turn = 0

    init(target: Bytes32, required: Int, paths count: Int, parameters: Kademlia.Parameters) {
        var lookup = Lookup(target: target, required: required, parameters: parameters)
        if count > 1 {
            // All paths together are as eager as one search and remember as much, as far as each of them still gets somewhere.
            lookup.alpha = (parameters.alpha + count - 1) / count
            lookup.candidatesMax = max(parameters.k + lookup.alpha, parameters.candidatesMax / count)
        }
        paths = [Lookup](repeating: lookup, count: count)
        isOver = [Bool](repeating: false, count: count)
    }

    var target: Bytes32 { paths[0].target }
    /// Nobody was ever to be asked.
    var isEmpty: Bool { paths.allSatisfy(\.isEmpty) }

    /// A peer to begin with: certainly new, its key at hand.
    mutating func begin(with contact: Contact, key: Bytes32) {
        paths[turn].add(contact, key: key)
        turn = (turn + 1) % paths.count
    }

    /// What a peer on a path has named.
    mutating func add(_ contact: Contact, to path: Int) { paths[path].add(contact) }

    mutating func next(now: Instant) -> Lookup.Step {
        var deadline: Instant?
        for _ in paths.indices {
            let path = turn
            turn = (turn + 1) % paths.count
            switch next(of: path, now: now) {
            case .ask(let contact): return .ask(contact)
            case .wait(let until): deadline = earliest(deadline, until)
            case .finished: break
            }
        }
        return deadline.map { .wait(until: $0) } ?? .finished
    }

    private mutating func next(of path: Int, now: Instant) -> Lookup.Step {
        while true {
            let step = paths[path].next(now: now)
            if case .finished = step { isOver[path] = true } else { isOver[path] = false }
            guard paths.count > 1, case .ask(let contact) = step,
                paths.indices.contains(where: { $0 != path && paths[$0].hasAsked(contact.id) })
            else { return step }
            paths[path].leave(contact.id)
        }
    }

    /// The path that had asked the peer; nil where none had.
    mutating func answered(_ id: PeerID) -> Int? { paths.indices.first { paths[$0].answered(id) } }

    mutating func failed(_ id: PeerID) {
        for path in paths.indices where paths[path].failed(id) { return }
    }

    func hasAnswered(_ id: PeerID) -> Bool { paths.indices.contains { paths[$0].hasAnswered(id) } }

    /// The closest peers that have answered, nearest first.
    func closest(countMax: Int) -> [Contact] {
        guard paths.count > 1 else { return paths[0].closest(countMax: countMax) }
        return paths.flatMap { Array($0.answered) }.sorted { $0.distance < $1.distance }.prefix(countMax)
            .map { Contact(id: $0.id, addresses: $0.addresses) }
    }

    /// Key of a peer that is known on a path.
    func key(of id: PeerID) -> Bytes32? {
        for path in paths.indices { if let key = paths[path].key(of: id) { return key } }
        return nil
    }
}
