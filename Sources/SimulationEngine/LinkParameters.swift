/// What the simulated links do to a message besides the latency between regions.
public struct LinkParameters: Sendable {
    /// Added to the latency of a message, uniform in 0 ... this, as a share of the latency.
    public var jitter = 0.1
    /// Probability that a packet of 1,400 bytes is lost and sent again.
    public var loss = 0.0
    /// Bytes on the wire around a message: yamux, Noise, TCP and IP headers.
    public var overhead = 110
    /// How long a dialler waits for a host that does not answer.
    public var dialTimeout: Duration = .seconds(5)
    /// After how long a vanished peer is noticed.
    public var silenceTimeout: Duration = .seconds(10)
    /// Retransmission timeout beyond a round trip (RFC 6298's lower bound as Linux has it).
    public var retransmission: Duration = .milliseconds(200)

    public init() {}
}
