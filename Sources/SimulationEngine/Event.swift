import LibP2P
import Node

/// Something that happens to one node.
///
/// Events of a node are taken in the order of (time, cause, serial). That order depends on nothing but what the nodes did, so a run is
/// the same however many threads share it.
struct Event {
    /// Nanoseconds of simulated time.
    var time: UInt64
    /// The node to which it happens.
    var node: UInt32
    /// The node that caused it: itself, or a peer.
    var cause: UInt32
    /// Counts what `cause` caused.
    var serial: UInt32
    /// It has waited for the node's downlink.
    var hasQueued = false
    var kind: Kind

    enum Kind {
        /// `cause` dials; its connection is secured and multiplexed when this arrives.
        case dialled(number: UInt32, began: UInt64)
        /// `cause` has taken the dial.
        case accepted(number: UInt32, epoch: UInt32)
        /// `cause` did not take the dial, and never will.
        case unanswered(number: UInt32)
        /// `cause` has said what it speaks.
        case identified(epoch: UInt32, Set<ProtocolName>)
        case closed(peer: UInt32, epoch: UInt32)
        case message(epoch: UInt32, ProtocolName, [UInt8])
        case request(epoch: UInt32, RequestID, ProtocolName, [UInt8])
        /// Nil where the request was refused.
        case response(RequestID, [UInt8]?)
        case requestTimeout(RequestID)
        /// The node may want to be woken.
        case deadline
        /// Indirect, as it is rare and large: every event in the queue is as large as the largest.
        indirect case input(incarnation: UInt32, NodeInput)
        /// The node's process begins.
        case start
        /// What a free place of the queue holds.
        case none
    }

    /// What lies behind it never happens: nodes say "the distant future" where they wait for nothing.
    static let never: UInt64 = 1 << 62

    /// Whether it comes before another of the same node.
    @inline(__always)
    func precedes(_ other: Event) -> Bool {
        if time != other.time { return time < other.time }
        if cause != other.cause { return cause < other.cause }
        return serial < other.serial
    }

    /// Time, node, cause, kind and bytes: what the digest of a run is made of.
    func combine(into digest: inout TraceDigest) {
        digest.combine(time)
        digest.combine(UInt64(cause) << 32 | UInt64(node))
        switch kind {
        case .dialled: digest.combine(1)
        case .accepted: digest.combine(2)
        case .unanswered: digest.combine(3)
        case .identified: digest.combine(4)
        case .closed(let peer, _): digest.combine(5 | UInt64(peer) << 32)
        case .message(_, let name, let bytes):
            digest.combine(6 | UInt64(name.rawValue) << 8)
            digest.combine(bytes: bytes)
        case .request(_, let id, let name, let bytes):
            digest.combine(7 | UInt64(name.rawValue) << 8)
            digest.combine(id.value)
            digest.combine(bytes: bytes)
        case .response(let id, let bytes):
            digest.combine(bytes == nil ? 9 : 8)
            digest.combine(id.value)
            digest.combine(bytes: bytes ?? [])
        case .requestTimeout(let id):
            digest.combine(10)
            digest.combine(id.value)
        case .deadline, .input, .start, .none: break
        }
    }
}
