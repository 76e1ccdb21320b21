public import Identity
public import Wire

/// Names one byte transport (a TCP connection) for as long as it lives; never reused within a run.
public struct TransportID: Hashable, Comparable, Sendable {
    public let value: UInt64

    /// A transport that the shell has accepted: the shell counts.
    public static func accepted(_ number: UInt64) -> TransportID { TransportID(value: number & ~outboundBit) }
    /// A transport that the swarm asks for: the swarm counts.
    static func dialled(_ number: UInt64) -> TransportID { TransportID(value: number | outboundBit) }

    private static let outboundBit: UInt64 = 1 << 63

    public static func < (a: TransportID, b: TransportID) -> Bool { a.value < b.value }
}

/// What goes into a `Swarm`.
public enum SwarmInput: Sendable {
    case command(NetworkCommand)
    /// Somebody has connected; `remote` is `/ip4|ip6/…/tcp/…`.
    case accepted(TransportID, remote: Multiaddr)
    /// An `open` succeeded. Nothing is written to a transport before this.
    case opened(TransportID)
    case openFailed(TransportID, NetworkFailure)
    case received(TransportID, ArraySlice<UInt8>)
    /// The other side closed, or the transport broke. Not to be followed by anything for this transport.
    case closed(TransportID)
    /// Everything that was written so far has been taken by the operating system. To be reported after any write that left
    /// nothing behind, and when a backlog is gone; reporting it late only slows the connection down.
    case drained(TransportID)
    /// Where we can be reached, for identify: listen addresses and those that others have confirmed.
    case listening([Multiaddr])
    /// Measures the round trip to a peer with the ping protocol; ends in a `roundTrip` effect or, without an answer, in nothing.
    case ping(PeerHandle)
    /// Sends and asks for so many bytes with the perf protocol, and ends in `transferred`.
    case perf(PeerHandle, upload: UInt64, download: UInt64, timeout: Duration)
    /// Says goodbye and closes everything; nothing is accepted or dialled from here on.
    case stop
}

/// What a `Swarm` wants done, in this order.
public enum SwarmEffect: Sendable {
    case open(TransportID, Multiaddr)
    case write(TransportID, [UInt8])
    /// Writes what was given before, then closes. The transport's id is forgotten: later inputs for it are ignored.
    case close(TransportID)
    case pauseReading(TransportID)
    case resumeReading(TransportID)
    case event(NetworkEvent)
    case roundTrip(PeerHandle, Duration)
    /// From the opening of the stream to the peer's end of it; nil where the transfer came to nothing, and its connection lives.
    case transferred(PeerHandle, Duration?)
}
