extension Kademlia {
    /// Every number that the DHT's behaviour depends on. Sources: the Kademlia paper (Maymounkov and Mazières 2002), libp2p/specs
    /// kad-dht, and the network's own design.
    public struct Parameters: Sendable {
        /// Peers in the answer to a query, and holders of each record. Default 20 (paper: so many that they do not all go within
        /// an hour). More costs bandwidth, fewer loses records.
        public var k = 20
        /// Questions of one lookup in flight at once. Default 10: latency over bandwidth.
        public var alpha = 10
        /// Closest peers that must have answered before a search that only retrieves ends. Default 3.
        public var beta = 3
        /// Paths of a search for providers or values, which share no peer: S/Kademlia (Baumgart and Mies 2007), 4.4. A peer that lies or
        /// names only its accomplices spoils its own path and no other. Default 4: with a fifth of the peers hostile and three steps
        /// to go, one path gets through half of the time, four 94 times in a hundred, eight 99.6; each asks `beta` peers more.
        public var paths = 4
        /// A peer that says that it serves the DHT is asked a question before it enters the table, this long after it came, unless a
        /// search of ours has had its answer by then. Default 1 s: a search that brought it has mostly ended. Nil: it is believed.
        public var checkDelay: Duration? = .seconds(1)
        /// Peers that wait for that question, or for their answer; further ones are met again. Default 64.
        public var uncheckedMax = 64
        /// Peers per bucket. Default `k`; a leaf keeps fewer, for a table of a few kilobytes.
        public var bucketSize = 20
        /// A question unanswered for so long frees its place among the `alpha`; its answer still counts. Default 1.5 s: p99 of the
        /// round trip times four.
        public var slowAfter: Duration = .milliseconds(1500)
        /// What the network is given to answer a request. Default 10 s.
        public var requestTimeout: Duration = .seconds(10)
        /// A query ends with what it has after so long. Default 60 s.
        public var queryTimeout: Duration = .seconds(60)
        /// Queries at once, those of upkeep included; a further one fails at once. Default 64.
        public var queriesMax = 64
        /// Candidates remembered by one lookup. Default 128, at 92 bytes each.
        public var candidatesMax = 128
        /// Upkeep: a search for ourselves and one for a random key. Default 10 min (IPFS); nil for never.
        public var refreshInterval: Duration? = .seconds(600)
        /// A peer heard within this time keeps its place in a full bucket without a question. Default 10 min.
        public var freshFor: Duration = .seconds(600)
        /// Requests that a peer may fail in a row before it leaves the table. Default 2.
        public var failuresMax: UInt8 = 2
        /// Liveness questions in flight at once. Default 16.
        public var livenessChecksMax = 16
        /// How long a record of a value is kept. Default 36 h, as IPFS does.
        public var recordLifetime: Duration = .seconds(36 * 3600)
        /// Values kept; when full, the farthest from us goes. Default 512, at most 4 MiB.
        public var recordsMax = 512
        /// How long a provider is kept unless it announces itself again. Default 24 h (specification).
        public var providerLifetime: Duration = .seconds(24 * 3600)
        /// Contents whose providers are kept; when full, the farthest from us goes. Default 1,024.
        public var providedKeysMax = 1024
        /// Providers kept per content; when full, the oldest goes. Default 64, of which an answer holds `k` at random.
        public var providersPerKeyMax = 64
        /// How often expired records are dropped from memory; they are never served. Default 10 min.
        public var sweepInterval: Duration = .seconds(600)
        /// Limits on peers in one place of the network; nil for none. Default: 3 in the table, 2 in a bucket, private ranges exempt.
        public var diversity: Diversity? = Diversity()

        public struct Diversity: Sendable {
            /// Peers of one IP group in the whole table.
            public var perTableMax = 3
            /// Peers of one IP group in one bucket.
            public var perBucketMax = 2
            /// Loopback and private ranges do not count: for development networks and for tests.
            public var exemptPrivate = true

            public init(perTableMax: Int = 3, perBucketMax: Int = 2, exemptPrivate: Bool = true) {
                self.perTableMax = perTableMax
                self.perBucketMax = perBucketMax
                self.exemptPrivate = exemptPrivate
            }
        }

        /// Most paths that a search has.
        public static let pathsMax = 64

        public init() {}

        /// For Workers and Verifiers: a client with a table of a few kilobytes that refreshes once an hour.
        public static var leaf: Parameters {
            var parameters = Parameters()
            parameters.bucketSize = 8
            parameters.refreshInterval = .seconds(3600)
            parameters.queriesMax = 8
            parameters.candidatesMax = 64
            return parameters
        }

        /// Whether the numbers go together.
        public var isValid: Bool {
            k > 0 && k <= KademliaMessage.peersMax && alpha > 0 && beta > 0 && beta <= k && bucketSize > 0
                && candidatesMax >= 2 * k + alpha && queriesMax > 0 && recordsMax > 0 && providedKeysMax > 0 && providersPerKeyMax > 0
                && failuresMax > 0 && paths > 0 && paths <= Parameters.pathsMax && uncheckedMax > 0 && slowAfter <= requestTimeout
                && requestTimeout <= queryTimeout
        }
    }
}
