internal import Determinism
internal import Identity
internal import Wire

/// The messages of the last heartbeats: for IWANT, for IHAVE, and while the application makes up its mind.
///
/// A message is named by a serial number that counts up, so finding one is an index.
struct MessageCache: Sendable {
    enum State: UInt8, Sendable {
        /// The application has not answered yet.
        case pending
        case accepted
        case rejected
        case ignored
    }

    /// Mesh peers that brought the message after the first; those beyond `countMax` are not noted.
    struct Followers: Sendable {
        static let countMax = 16

        private var handles = InlineArray<16, PeerHandle>(repeating: PeerHandle(index: 0))
        private(set) var count = 0

        subscript(index: Int) -> PeerHandle { handles[index] }

        /// False where it was there, or where there is no room.
        mutating func append(_ handle: PeerHandle) -> Bool {
            for index in 0..<count where handles[index] == handle { return false }
            guard count < Followers.countMax else { return false }
            handles[count] = handle
            count += 1
            return true
        }

        mutating func remove(_ handle: PeerHandle) {
            for index in 0..<count where handles[index] == handle {
                count -= 1
                handles[index] = handles[count]
                return
            }
        }
    }

    struct Entry: Sendable {
        let author: Bytes32
        let sequenceNumber: UInt64
        /// An RPC with this message alone, shared with everybody it is sent to.
        let frame: [UInt8]
        let topic: TopicID
        var state: State
        /// Who brought it; nil for our own, and once that peer is gone.
        var source: PeerHandle?
        let arrival: Instant
        var followers = Followers()
    }

    private(set) var entries: [Entry] = []
    /// Serial number of the first entry.
    private(set) var base: UInt32 = 0
    /// Entries that came in each heartbeat, oldest first; the last is the current one.
    private var windows: [Int] = [0]
    private(set) var byteCount = 0
    private let countMax: Int
    private let bytesMax: Int
    private let historyLength: Int

    init(parameters: GossipSub.Parameters) {
        countMax = parameters.cacheCountMax
        bytesMax = parameters.cacheBytesMax
        historyLength = parameters.historyLength
    }

    var isEmpty: Bool { entries.isEmpty }
    var nextSerial: UInt32 { base &+ UInt32(truncatingIfNeeded: entries.count) }

    /// Takes a message in and returns its serial number; drops the oldest where there is no room.
    mutating func insert(_ entry: Entry) -> UInt32 {
        let serial = nextSerial
        entries.append(entry)
        byteCount += entry.frame.count
        windows[windows.count - 1] += 1
        var excess = 0
        while entries.count - excess > 1, entries.count - excess > countMax || byteCount > bytesMax {
            byteCount -= entries[excess].frame.count
            excess += 1
        }
        if excess > 0 { removeFirst(max(excess, min(countMax / 8, entries.count - 1)), counted: excess) }
        return serial
    }

    /// Index of a serial number that is still there.
    func index(_ serial: UInt32) -> Int? {
        let index = Int(serial &- base)
        return index < entries.count ? index : nil
    }

    mutating func setState(_ state: State, at index: Int) { entries[index].state = state }

    /// Notes that the peer has brought the message, too; false where that is known.
    mutating func follow(_ index: Int, _ peer: PeerHandle) -> Bool { entries[index].followers.append(peer) }

    /// Forgets who brought what, when that peer goes: its handle will name another.
    mutating func forget(_ peer: PeerHandle) {
        for index in entries.indices {
            if entries[index].source == peer { entries[index].source = nil }
            entries[index].followers.remove(peer)
        }
    }

    /// First entry of the last `heartbeats` heartbeats.
    func start(ofLast heartbeats: Int) -> Int { entries.count - windows.suffix(heartbeats).reduce(0, +) }

    /// A heartbeat passed.
    mutating func shift() {
        windows.append(0)
        guard windows.count > historyLength else { return }
        let leaving = windows.removeFirst()
        for index in 0..<leaving { byteCount -= entries[index].frame.count }
        entries.removeFirst(leaving)
        entries.releaseSlack()
        base &+= UInt32(truncatingIfNeeded: leaving)
    }

    /// Takes entries off the front; the bytes of the first `counted` are accounted for already.
    private mutating func removeFirst(_ count: Int, counted: Int) {
        for index in counted..<max(counted, count) { byteCount -= entries[index].frame.count }
        entries.removeFirst(count)
        base &+= UInt32(truncatingIfNeeded: count)
        var left = count
        for window in windows.indices where left > 0 {
            let taken = min(left, windows[window])
            windows[window] -= taken
            left -= taken
        }
    }
}
