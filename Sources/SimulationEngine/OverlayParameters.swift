import Node

extension OverlayScenario {
    public struct Parameters: Sendable {
        public var nodes = 10_000
        /// Share of the nodes that are in the core: DHT servers and members of the gossip mesh.
        public var coreShare = 0.2
        /// Simulated time over which the nodes join.
        public var joining: Duration = .seconds(60)
        /// Simulated time before measuring begins.
        public var settling: Duration = .seconds(60)
        /// Simulated time of measuring.
        public var measuring: Duration = .seconds(60)
        /// Messages published per second, in the whole network, each of `messageBytes`.
        public var messagesPerSecond = 2.0
        /// Messages per second before measuring begins, from half of the joining on: what a mesh judges its peers by.
        public var rehearsalPerSecond = 0.0
        public var messageBytes = 1024
        /// Lookups per second, in the whole network, of the address of a random core node.
        public var lookupsPerSecond = 20.0
        /// Contents that core nodes provide before measuring begins. Where there are any, every other lookup is for one of them.
        public var contents = 0
        /// Share of the core that is replaced per hour of simulated time: a node dies and comes back after `downtime`.
        public var churnPerHour = 0.0
        public var downtime: Duration = .seconds(60)
        /// Share of the core that sends no gossip message on.
        public var silentShare = 0.0
        /// Share of the core that answers the DHT's questions with its accomplices (two thirds of them) or not at all (one third).
        public var liarShare = 0.0
        /// Nodes besides, that join when the others do, announce themselves as Managers, enter the mesh, and send no gossip message on.
        public var sybils = 0
        public var links = LinkParameters()
        /// Takes a defence away, to see what it is good for.
        var weaken: (@Sendable (inout NodeParameters) -> Void)?

        public init() {}
    }

    /// What was measured. Durations in nanoseconds. Deliveries, duplicates and lookups are those of honest nodes.
    public struct Report: Sendable {
        public var nodes = 0
        public var coreNodes = 0
        public var hostileNodes = 0
        public var simulated: Duration = .zero
        public var events: UInt64 = 0
        public var digest: UInt64 = 0
        public var crashes = 0
        public var messages = 0
        /// To everybody who was up when the message was published.
        public var deliveriesExpected: UInt64 = 0
        public var deliveries: UInt64 = 0
        public var deliveriesLate: UInt64 = 0
        public var delivery = Histogram()
        /// To those who were up for ten seconds before and ten behind.
        public var steadyExpected: UInt64 = 0
        public var steadyMissing: UInt64 = 0
        public var duplicatesPerMessage = 0.0
        /// Places in the meshes of honest nodes at the end, and those that hostile nodes hold.
        public var meshPlaces = 0
        public var meshPlacesHostile = 0
        public var lookups = 0
        public var lookupsSucceeded = 0
        public var lookup = Histogram()
        public var contentLookups = 0
        public var contentLookupsSucceeded = 0
        public var contentLookup = Histogram()
        /// Bytes per second while measuring, mean over the nodes of the kind, sent and received.
        public var leafBytesPerSecond = 0.0
        public var coreBytesPerSecond = 0.0
        /// Connections at the end, mean over the nodes of the kind.
        public var leafConnections = 0.0
        public var coreConnections = 0.0
    }
}
