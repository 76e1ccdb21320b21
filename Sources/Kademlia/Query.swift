internal import Determinism
public import Identity
internal import LibP2P
public import Wire

/// Names a query of the parent's, chosen by it, unique while the query runs.
public struct QueryID: Hashable, Sendable {
    public var value: UInt32
    @inlinable public init(_ value: UInt32) { self.value = value }
}

/// What the DHT can be asked for.
public enum Query: Hashable, Sendable {
    /// Addresses of a peer.
    case findPeer(PeerID)
    /// The k peers closest to the SHA-256 of a key.
    case findClosest([UInt8])
    /// Fills the table: a search for ourselves, then one for a random key.
    case bootstrap
    /// Announces us at the k peers closest to a key as a provider of what it names: see `CID.providerKey`.
    case provide([UInt8])
    /// Ends early once `countMax` providers are known.
    case findProviders([UInt8], countMax: Int)
    /// Puts a record at the k peers closest to its key.
    case putValue(Record)
    /// Ends early once `quorum` peers have given a valid record.
    case getValue([UInt8], quorum: Int)
}

/// What is known before a query ends. Unverified: whoever dials checks the id.
public enum QueryProgress: Hashable, Sendable {
    case peer(Contact)
    case providers([Contact])
    case value([UInt8])
}

/// How a query ended.
public enum QueryResult: Hashable, Sendable {
    /// Nil where nobody knows an address.
    case peer(Contact?)
    /// Those that answered, nearest first.
    case closest([Contact])
    /// Peers in the table now.
    case bootstrapped(tableCount: Int)
    /// Peers that were told; none of them confirms.
    case provided(toldCount: Int)
    case providers([Contact])
    /// Peers that confirmed.
    case stored(count: Int)
    /// The best valid value and how many peers had it; nil where nobody had a valid one.
    case value([UInt8]?, holders: Int)
    case failed(QueryFailure)
}

public enum QueryFailure: UInt8, Error, Hashable, Sendable {
    /// The table is empty: bootstrap first.
    case noPeers
    /// As many queries run as `Parameters.queriesMax` allows.
    case tooMany
    /// The key or the record is empty, too long, or not valid by its namespace.
    case invalid
}

extension CID {
    /// What provider records are kept under: the multihash, so that all versions and codecs of a CID share them.
    public var providerKey: [UInt8] {
        var writer = ByteWriter(reserving: 36)
        writer.writeVarint(hash.rawValue)
        writer.writeVarint(32)
        writer.write(digest.array)
        return writer.bytes
    }
}

/// A query that runs.
struct ActiveQuery: Sendable {
    enum Owner: Hashable, Sendable {
        case parent(QueryID)
        /// Our own upkeep; nobody hears of its end.
        case upkeep
    }

    enum Phase: Sendable {
        case searching
        /// Records were sent out; so many are open.
        case storing(open: Int, confirmed: Int)
    }

    /// Values that came, best first by the namespace's rule.
    struct Value: Sendable {
        var bytes: [UInt8]
        var holders: [PeerID]
    }

    /// A contact that was named, and how far from the key the nearest is that named it; nil where it was known here.
    struct Found: Sendable {
        var contact: Contact
        var distance: Bytes32?
    }

    let number: UInt32
    let owner: Owner
    let query: Query
    /// What everybody on the way is asked, encoded.
    var question: [UInt8]
    var search: DisjointSearch
    var phase: Phase = .searching
    let deadline: Instant
    /// The search's own deadline, from its last step.
    var wakeUp: Instant = .distantFuture
    /// Random searches that still follow a bootstrap's first.
    var searchesLeft: Int = 0
    /// Providers, or the peer that is looked for.
    var found: [Found] = []
    var values: [Value] = []
    /// Paths on which somebody had a valid value.
    var valuePaths = PathSet()
}

/// Some of the paths of a search.
struct PathSet: Hashable, Sendable {
    private var bits: UInt64 = 0

    /// Paths are numbered below `Kademlia.Parameters.pathsMax`.
    func contains(_ path: Int) -> Bool { bits >> UInt64(path) & 1 == 1 }
    mutating func insert(_ path: Int) { bits |= 1 << UInt64(path) }
    var isEmpty: Bool { bits == 0 }
}

/// A request of ours that is open.
struct OpenRequest: Sendable {
    enum Purpose: Sendable {
        case search(query: UInt32)
        case store(query: UInt32)
        /// Whether the peer that has been silent longest still lives; if not, the candidate takes its place.
        case liveness(candidate: Contact)
        /// Whether a peer that says so serves the DHT.
        case check
    }

    let id: RequestID
    let peer: PeerID
    let purpose: Purpose
}
