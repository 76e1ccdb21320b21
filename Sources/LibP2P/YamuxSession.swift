internal import Determinism

/// One Yamux session: streams over one connection, with a receive window each (hashicorp/yamux, spec.md).
///
/// Calling contract. Bytes go in through `next`, called until it returns nil; every event is dealt with before the next call,
/// and its bytes are valid only until then. Methods that send append frames to `output`, which the caller encrypts and writes
/// in that order. A thrown failure ends the session: nothing may be called after it but `goAway`.
struct YamuxSession {
    struct Parameters: Sendable {
        /// Most bytes a peer may send ahead on one stream. Windows start at 256 KiB and double while they are the bottleneck.
        /// Larger is faster over long distances and costs as much memory per stream.
        var windowMax = 16 * 1024 * 1024
        /// Streams of the peer's that may be open at once.
        var inboundStreamsMax = 256
        /// Streams of ours that may wait for their ACK.
        var backlogMax = 256
        /// Opens by the peer, per second and at once; what is beyond is refused.
        var opensPerSecond = 20_000.0
        var opensBurst = 20_000.0
        /// Opens that may be refused before the session is given up.
        var refusalsPerSecond = 500.0
        var refusalsBurst = 1000.0
        /// Resets by the peer, which cost us the set-up that they throw away.
        var resetsPerSecond = 200.0
        var resetsBurst = 400.0
        /// Pings by the peer.
        var pingsPerSecond = 10.0
        var pingsBurst = 50.0

        init() {}
    }

    enum Event {
        case opened(UInt32)
        case data(UInt32, UnsafeRawBufferPointer)
        /// The peer sends no more on this stream.
        case finished(UInt32)
        case reset(UInt32)
        /// More may be sent.
        case windowGrew(UInt32)
        case roundTrip(Duration)
        /// The peer opens and accepts no more streams.
        case goneAway
    }

    static let windowInitial = 256 * 1024
    /// Largest data frame that is sent: header and body fill one Noise frame.
    static let dataMax = NoiseTransport.plaintextMax - YamuxHeader.size

    struct Stream {
        /// Bytes that we may send.
        var sendWindow = UInt32(YamuxSession.windowInitial)
        /// Bytes that the peer may still send.
        var receiveCredit = YamuxSession.windowInitial
        /// Size of the receive window.
        var receiveWindow = YamuxSession.windowInitial
        /// Bytes consumed and not yet given back to the peer.
        var consumed = 0
        var lastUpdate: Instant
        var isAcknowledged: Bool
        var isLocallyFinished = false
        var isRemotelyFinished = false
    }

    let isClient: Bool
    let parameters: Parameters
    var streams: [UInt32: Stream] = [:]
    private var nextID: UInt32
    /// Highest id that the peer has opened.
    var lastRemoteID: UInt32 = 0
    var inboundCount = 0
    var unacknowledged = 0
    var isRemoteGone = false
    var opens: RateLimit
    var refusals: RateLimit
    var resets: RateLimit
    var pings: RateLimit
    /// Last measured; set by `next` when a ping is answered.
    private(set) var roundTrip: Duration?
    private var pingSent: (value: UInt32, at: Instant)?
    private var pingValue: UInt32 = 0

    // Input. See YamuxSession+Receive.
    var header = YamuxPartialHeader()
    var body: YamuxBody?

    init(isClient: Bool, parameters: Parameters) {
        self.isClient = isClient
        self.parameters = parameters
        nextID = isClient ? 1 : 2
        opens = RateLimit(perSecond: parameters.opensPerSecond, burst: parameters.opensBurst)
        refusals = RateLimit(perSecond: parameters.refusalsPerSecond, burst: parameters.refusalsBurst)
        resets = RateLimit(perSecond: parameters.resetsPerSecond, burst: parameters.resetsBurst)
        pings = RateLimit(perSecond: parameters.pingsPerSecond, burst: parameters.pingsBurst)
    }

    func isOurs(_ id: UInt32) -> Bool { (id & 1 == 1) == isClient }
    /// True for an id of ours that was given out, or one of the peer's up to the highest that it opened.
    func wasOpened(_ id: UInt32) -> Bool { isOurs(id) ? id < nextID : id <= lastRemoteID }

    // MARK: Sending

    /// Nil where the peer has gone away, too many opens wait for their ACK, or ids have run out.
    mutating func open(now: Instant, output: inout [UInt8]) -> UInt32? {
        guard !isRemoteGone, unacknowledged < parameters.backlogMax, nextID < .max - 2 else { return nil }
        let id = nextID
        nextID += 2
        unacknowledged += 1
        streams[id] = Stream(lastUpdate: now, isAcknowledged: false)
        YamuxHeader(kind: .windowUpdate, flags: .syn, stream: id, length: 0).append(to: &output)
        return id
    }

    /// Bytes that may be sent on the stream now, at most one frame's worth.
    func sendCapacity(_ id: UInt32) -> Int {
        guard let stream = streams[id], !stream.isLocallyFinished else { return 0 }
        return min(Int(stream.sendWindow), YamuxSession.dataMax)
    }

    /// Writes the header of a data frame; the caller appends exactly `count` bytes, at most `sendCapacity`.
    mutating func beginData(_ id: UInt32, count: Int, output: inout [UInt8]) {
        precondition(count > 0 && count <= sendCapacity(id))
        streams[id]?.sendWindow -= UInt32(count)
        YamuxHeader(kind: .data, flags: [], stream: id, length: UInt32(count)).append(to: &output)
    }

    /// Half-closes. On a frame of its own: some implementations overlook the flag beside others.
    mutating func finish(_ id: UInt32, output: inout [UInt8]) {
        guard let stream = streams[id], !stream.isLocallyFinished else { return }
        streams[id]?.isLocallyFinished = true
        YamuxHeader(kind: .windowUpdate, flags: .fin, stream: id, length: 0).append(to: &output)
        removeIfDone(id)
    }

    mutating func reset(_ id: UInt32, output: inout [UInt8]) {
        guard streams[id] != nil else { return }
        remove(id)
        YamuxHeader(kind: .windowUpdate, flags: .rst, stream: id, length: 0).append(to: &output)
    }

    /// One at a time: a ping under way is not repeated.
    mutating func ping(now: Instant, output: inout [UInt8]) {
        guard pingSent == nil else { return }
        pingValue &+= 1
        pingSent = (pingValue, now)
        YamuxHeader(kind: .ping, flags: .syn, stream: 0, length: pingValue).append(to: &output)
    }

    /// 0: normal, 1: protocol error, 2: internal error.
    func goAway(reason: UInt32, output: inout [UInt8]) {
        YamuxHeader(kind: .goAway, flags: [], stream: 0, length: reason).append(to: &output)
    }

    /// Gives `count` received bytes back to the peer's credit. An update goes out once half a window is due, so that a stream
    /// costs one small frame per half window. A window that is used up within four round trips is the bottleneck: it doubles.
    mutating func consumed(_ id: UInt32, count: Int, now: Instant, output: inout [UInt8]) {
        guard count > 0, let index = streams.index(forKey: id), !streams.values[index].isRemotelyFinished else { return }
        streams.values[index].consumed += count
        let stream = streams.values[index]
        guard stream.consumed >= stream.receiveWindow / 2 else { return }
        var window = stream.receiveWindow
        let patience = (roundTrip ?? .milliseconds(25)) * 4
        if now - stream.lastUpdate < patience, window < parameters.windowMax { window = min(window * 2, parameters.windowMax) }
        let delta = stream.consumed + (window - stream.receiveWindow)
        streams.values[index].receiveCredit += delta
        streams.values[index].receiveWindow = window
        streams.values[index].consumed = 0
        streams.values[index].lastUpdate = now
        YamuxHeader(kind: .windowUpdate, flags: [], stream: id, length: UInt32(delta)).append(to: &output)
    }

    // MARK: Bookkeeping

    mutating func pingAnswered(_ value: UInt32, now: Instant) -> Duration? {
        guard let sent = pingSent, sent.value == value else { return nil }
        pingSent = nil
        roundTrip = now - sent.at
        return roundTrip
    }

    mutating func remove(_ id: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        if !isOurs(id) {
            inboundCount -= 1
        } else if !stream.isAcknowledged {
            unacknowledged -= 1
        }
    }

    mutating func removeIfDone(_ id: UInt32) {
        guard let stream = streams[id], stream.isLocallyFinished, stream.isRemotelyFinished else { return }
        remove(id)
    }
}
