extension BlockExchange {
    /// Every number that the exchange depends on.
    public struct Parameters: Sendable {
        /// Wants at once; a further one fails. Default 4,096.
        public var wantsMax = 4096
        /// Peers remembered per want. Default 16.
        public var candidatesMax = 16
        /// Blocks asked of one peer and not come yet. Default 8: 8 MiB on the way, 640 Mbit/s at 100 ms.
        public var blocksPerPeerMax = 8
        /// Unproven peers asked whether they have a block while another is asked for it. Default 3.
        public var probesPerWant = 3
        /// A peer that has not sent a block within this time is passed over. Default 10 s: 1 MiB at 840 kbit/s.
        public var blockTimeout: Duration = .seconds(10)
        /// A peer that has not said within this time whether it has a block counts as without. Default 3 s.
        public var haveTimeout: Duration = .seconds(3)
        /// When nobody has a block, the same peers are asked again after this time. Default 10 s.
        public var retryInterval: Duration = .seconds(10)
        /// A want fails after this time. Default 2 min.
        public var wantTimeout: Duration = .seconds(120)
        /// Entries kept of one peer's list of wants. Default 1,024.
        public var wantlistMax = 1024
        /// Looks into the store at once, for all peers. Default 32: with blocks of 1 MiB, 32 MiB in memory.
        public var loadsMax = 32
        /// Looks into the store at once for one peer. Default 4.
        public var loadsPerPeerMax = 4
        /// A look into the store that is not answered within this time found nothing. Default 30 s.
        public var loadTimeout: Duration = .seconds(30)
        /// Bytes that may be on their way to one peer before it is made to wait. Default 8 MiB.
        public var serveBurst = 8 << 20
        /// Bytes per second at which one peer is assumed to read at least as fast as it is served. Default 128 MiB/s.
        public var serveRate = 128 << 20
        /// How long a congested peer is not served. Default 1 s.
        public var congestionPause: Duration = .seconds(1)

        public init() {}

        /// Whether the numbers go together.
        public var isValid: Bool {
            wantsMax > 0 && candidatesMax > 0 && blocksPerPeerMax > 0 && wantlistMax > 0 && loadsMax > 0 && loadsPerPeerMax > 0
                && serveBurst > 0 && serveRate > 0 && probesPerWant >= 0 && blockTimeout <= wantTimeout && haveTimeout <= wantTimeout
        }
    }
}
