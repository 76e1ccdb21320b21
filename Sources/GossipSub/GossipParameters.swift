extension GossipSub {
    /// Every number that the mesh depends on. Sources: libp2p/specs gossipsub v1.0 and v1.1, and the network's own design.
    public struct Parameters: Sendable {
        /// Peers in the mesh of a topic that are aimed at. Default 8: fewer hops for more duplicates.
        public var d = 8
        /// Below it peers are grafted. Default 6.
        public var dLow = 6
        /// Above it peers are pruned. Default 12.
        public var dHigh = 12
        /// Probability that a heartbeat prunes one peer of a mesh above `d`. Default 0.25. Everybody grafts up to `d` and is grafted by
        /// others besides, so that without it a mesh stays near `dHigh`, and a message comes about as often as the mesh has peers.
        public var trimChance = 0.25
        /// Peers kept for their score when pruning; the other places are drawn. Default 6: with 4 of 8 a mesh among Sybils never had
        /// more than four peers that send anything on.
        public var dScore = 6
        /// Connections of the mesh that we opened ourselves; below `dLow` and at most half of `d`. Default 2.
        public var dOut = 2
        /// Peers outside the mesh that get IHAVE per heartbeat, at least. Default 6.
        public var dLazy = 6
        /// Connected members of a topic that are worth their connection without being used: the mesh and as many for IHAVE, and to graft
        /// from where mesh peers go. Default 24.
        public var membersWanted = 24
        /// Share of the peers outside the mesh that get IHAVE. Default 0.25.
        public var gossipFactor = 0.25
        /// Default 1 s. Shorter repairs sooner and costs idle traffic.
        public var heartbeatInterval: Duration = .seconds(1)
        /// Heartbeats that a message stays in the cache, for IWANT and for the answer of the application. Default 5.
        public var historyLength = 5
        /// Heartbeats that a message is offered by IHAVE. Default 3.
        public var historyGossip = 3
        /// Messages in the cache; beyond it the oldest go. Default 4,096.
        public var cacheCountMax = 4096
        /// Bytes in the cache. Default 16 MiB.
        public var cacheBytesMax = 16 << 20
        /// How long a message is known as seen, at least. Default 2 min.
        public var seenFor: Duration = .seconds(120)
        /// Ids kept per half of `seenFor`; when more come, the oldest half is forgotten early. Default 65,536: 2 MiB.
        public var seenPerWindowMax = 65_536
        /// How long a fanout lives after the last message into it. Default 1 min.
        public var fanoutFor: Duration = .seconds(60)
        /// Own messages go to all peers of the topic rather than to the mesh alone. Default on: defeats eclipses, costs bandwidth.
        public var floodPublish = true
        /// Told to a pruned peer. Default 1 min.
        public var pruneBackoff: Duration = .seconds(60)
        /// Told to the mesh when leaving a topic. Default 10 s.
        public var leaveBackoff: Duration = .seconds(10)
        /// A longer backoff from a peer counts as this. Default 1 h.
        public var backoffMax: Duration = .seconds(3600)
        /// Backoffs remembered per topic. Default 256; beyond it the one that ends first goes.
        public var backoffsPerTopicMax = 256
        /// Whole RPC. Default 1 MiB.
        public var rpcSizeMax = 1 << 20
        /// Data of one message. Default 256 KiB.
        public var dataSizeMax = 256 << 10
        /// Control data in one RPC, in bytes. Default 16 KiB.
        public var controlSizeMax = 16 << 10
        /// Messages in one RPC. Default 256.
        public var messagesPerRPCMax = 256
        /// Topics one peer may subscribe to. Default 100.
        public var topicsPerPeerMax = 100
        /// Topics known in all. Default 1,024; further topics of others are not noted.
        public var topicsMax = 1024
        /// IHAVE messages heard from one peer per heartbeat. Default 10.
        public var ihaveMessagesMax = 10
        /// Ids asked for from one peer per heartbeat. Default 512.
        public var iwantAskedMax = 512
        /// Ids that one peer may ask for per heartbeat. Default 512.
        public var iwantServedMax = 512
        /// Bytes served to the IWANT of one peer per heartbeat. Default 4 MiB.
        public var iwantBytesMax = 4 << 20
        /// A peer that offered a message and was asked must send it within this time. Default 3 s.
        public var iwantFollowup: Duration = .seconds(3)
        /// Open promises remembered. Default 1,024.
        public var promisesMax = 1024
        /// A GRAFT so soon after a PRUNE counts twice. Default 10 s.
        public var graftFloodWithin: Duration = .seconds(10)
        /// Peers offered in a PRUNE, and read from one. Default 16: 5 KiB with their signed records.
        public var offersMax = 16
        /// Heartbeats from one look for better mesh peers to the next. Default 10, where the specification has 60: among 500 nodes and
        /// 2,000 that pass nothing on, from the first second, the 99th percentile of a delivery fell from 0.67 to 0.52 s, and a mesh
        /// whose peers bring messages is left alone.
        public var opportunisticBeats: UInt64 = 10
        /// Peers grafted where such a look finds the mesh wanting. Default 4.
        public var opportunisticCount = 4
        /// Data of this size on is announced by IDONTWANT to the mesh. Default 16 KiB, which take a millisecond each on a link of
        /// 100 Mbit/s: below it all copies are on their way before an announcement comes, and it saves none (measured with 1 KiB).
        public var declineSizeMin = 16 << 10
        /// IDONTWANT messages heard from one peer per heartbeat. Default 512: one for each message, as they come.
        public var idontwantMessagesMax = 512
        /// Messages remembered that one peer does not want; further ones are sent to it. Default 512, at 24 bytes each.
        public var unwantedMax = 512
        /// Heartbeats for which they are remembered. Default 3.
        public var unwantedBeats: UInt8 = 3
        public var score = PeerScore.Parameters()

        public init() {}

        /// For topics with few members and strict budgets: 4 in the mesh.
        public static var sparse: Parameters {
            var parameters = Parameters()
            parameters.d = 4
            parameters.dLow = 3
            parameters.dHigh = 6
            parameters.dScore = 2
            parameters.dOut = 1
            parameters.dLazy = 3
            return parameters
        }

        /// Whether the numbers go together.
        public var isValid: Bool {
            dLow <= d && d <= dHigh && dLow > 0 && dOut < dLow && 2 * dOut <= d && dScore <= d && historyGossip <= historyLength
                && historyGossip > 0 && gossipFactor >= 0 && gossipFactor <= 1 && trimChance >= 0 && trimChance <= 1
                && heartbeatInterval > .zero
                && dataSizeMax + 1024 <= rpcSizeMax && controlSizeMax <= rpcSizeMax && cacheCountMax > 0 && topicsMax <= Int(UInt16.max)
                && offersMax >= 0 && opportunisticBeats > 0 && opportunisticCount >= 0 && unwantedBeats > 0 && seenPerWindowMax >= 16
                && seenPerWindowMax <= 1 << 24 && score.isValid
        }
    }
}
