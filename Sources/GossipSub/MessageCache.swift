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
        case refused
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

    /// Forgets who brought what, when that peer goes: its handle will name another.
    mutating func forget(_ peer: PeerHandle) {
        for index in entries.indices where entries[index].source == peer { entries[index].source = nil }
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
