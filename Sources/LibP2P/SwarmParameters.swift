/// Limits and times of a `Swarm`. Defaults suit a node with a few hundred connections.
public struct SwarmParameters: Sendable {
    /// The network's prefix in protocol ids, without slashes.
    public var networkPrefix: String
    /// What identify says that we are.
    public var agent = "inferix/0.1"
    /// Sequence number of the first signed peer record: seconds since 1970, so that it grows over restarts.
    public var recordSequence: UInt64 = 0
    public var addresses = AddressPolicy()

    // MARK: Connections

    /// Live connections, secured or not. Each costs a descriptor and a few kilobytes.
    public var connectionsMax = 1024
    /// Inbound connections that have not completed the handshake, which costs a quarter of a millisecond each.
    public var handshakesMax = 128
    /// Connections of one peer, hidden duplicates included.
    public var connectionsPerPeerMax = 8
    /// Dials under way.
    public var dialsMax = 256
    /// Addresses tried per dial.
    public var dialAddressesMax = 16
    /// Wait before the next address is tried beside the first. Shorter is faster behind dead addresses, and ruder.
    public var dialStagger: Duration = .milliseconds(300)
    /// From the first packet to the secured connection, per address.
    public var dialMax: Duration = .seconds(10)
    /// Same for an inbound connection.
    public var handshakeMax: Duration = .seconds(10)
    /// A duplicate connection without streams is closed after this time.
    public var duplicateGrace: Duration = .seconds(5)
    /// Yamux ping in this interval: shows dead peers and measures the round trip. Twelve bytes and an answer.
    public var pingInterval: Duration = .seconds(30)
    /// Nothing received for this much longer: the connection is dead.
    public var pingMax: Duration = .seconds(20)

    // MARK: Streams

    /// Choosing the protocol of a stream.
    public var negotiationMax: Duration = .seconds(10)
    /// From the first byte of a message to its last.
    public var messageMax: Duration = .seconds(30)
    /// Our time to answer a request of the peer's.
    public var answerMax: Duration = .seconds(60)
    /// A request stream, ping or push without any traffic.
    public var idleStreamMax: Duration = .seconds(60)
    /// From our half-close to the peer's.
    public var closeMax: Duration = .seconds(15)
    /// Requests to one peer that wait for their answers.
    public var requestsPerPeerMax = 128
    /// Requests to all peers, those that wait for a dial included.
    public var requestsMax = 4096
    /// Inbound streams per peer and one-way protocol.
    public var oneWayStreamsMax = 16
    /// How long a ping stream waits for the next ping before it is closed.
    public var pingStreamKeep: Duration = .seconds(10)
    /// Inbound ping streams per peer.
    public var pingStreamsMax = 2
    /// Pongs that wait for a peer that does not read, bytes.
    public var pongBacklogMax = 16 * 1024
    /// Signed peer records up to this size are kept to be passed on, bytes.
    public var recordSizeMax = 1024
    /// Streams that the peer may have open on one connection.
    public var inboundStreamsMax = 256
    /// Receive window that a stream may grow to, bytes. Memory is held for messages only, never for whole windows.
    public var windowMax = 16 * 1024 * 1024

    // MARK: Memory

    /// Bytes given to a transport and not reported as drained. More hides congestion from the priorities.
    public var writeBacklogMax = 256 * 1024
    /// Frames that answer the peer's (acknowledgements, window updates, pongs) waiting behind a full transport: from here on
    /// nothing more is read from the peer.
    public var controlBacklogMax = 64 * 1024
    /// No progress of a full transport, or of a stream without credit, for this long: the connection is closed.
    public var stallMax: Duration = .seconds(30)
    /// Announced or half-read messages of one connection, bytes.
    public var connectionMemoryMax = 32 * 1024 * 1024
    /// Half-read messages of all connections, bytes.
    public var memoryMax = 512 * 1024 * 1024
    /// Answers and requests of one connection that wait for credit, bytes.
    public var outputMax = 64 * 1024 * 1024
    /// One queue of a one-way protocol, bytes; at least its largest message.
    public var queueBytesMax = 8 * 1024 * 1024
    /// Messages of one priority in such a queue.
    public var queueCountMax = 4096
    /// Queued messages other than control are dropped after this time.
    public var queueAgeMax: Duration = .seconds(10)

    public init(networkPrefix: String) { self.networkPrefix = networkPrefix }

    /// Relations that must hold; what is wrong, or nil.
    public var complaint: String? {
        if networkPrefix.isEmpty || networkPrefix.utf8.contains(UInt8(ascii: "/")) { return "networkPrefix must be one path component" }
        if handshakesMax < 1 || connectionsMax < handshakesMax { return "connectionsMax must be at least handshakesMax, and that 1" }
        if queueBytesMax < ProtocolName.bitswap.messageMax { return "queueBytesMax must hold the largest message" }
        if outputMax < ProtocolName.admin.messageMax { return "outputMax must hold the largest answer" }
        if connectionMemoryMax < ProtocolName.bitswap.messageMax { return "connectionMemoryMax must hold the largest message" }
        if memoryMax < connectionMemoryMax { return "memoryMax must be at least connectionMemoryMax" }
        if windowMax < YamuxSession.windowInitial { return "windowMax must be at least 256 KiB" }
        if controlBacklogMax < 4096 || writeBacklogMax < 4096 { return "backlogs must be at least 4 KiB" }
        return nil
    }

    var yamux: YamuxSession.Parameters {
        var parameters = YamuxSession.Parameters()
        parameters.windowMax = windowMax
        parameters.inboundStreamsMax = inboundStreamsMax
        return parameters
    }

    var queue: SendQueue.Parameters {
        var parameters = SendQueue.Parameters()
        parameters.bytesMax = queueBytesMax
        parameters.countMax = queueCountMax
        parameters.ageMax = queueAgeMax
        return parameters
    }
}
