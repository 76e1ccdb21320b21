import CHints

/// The connections of a simulated host, by peer: a hash table with linear probing, whose places are one cache line apart at most.
struct LinkTable {
    struct Link {
        var peer: UInt32
        /// Distinguishes a connection from earlier ones between the same two.
        var epoch: UInt32
        /// When this side had it, in nanoseconds.
        var since: UInt64
        /// Last arrival at the other side: keeps the order.
        var lastArrival: UInt64
    }

    private static var free: UInt32 { .max }

    /// A power of two places, at most three quarters of them taken; none while there are no links.
    private var places: [Link] = []
    private(set) var count = 0

    private static func home(_ peer: UInt32, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(peer) &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    }

    /// The place of a peer's link; it stays until a link is added or removed.
    @inline(__always)
    func place(of peer: UInt32) -> Int? {
        guard count > 0 else { return nil }
        let mask = places.count - 1
        var place = LinkTable.home(peer, mask)
        while places[place].peer != LinkTable.free {
            if places[place].peer == peer { return place }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Asks for the memory in which a peer's link lies.
    func fetchAhead(_ peer: UInt32) {
        guard count > 0 else { return }
        places.withUnsafeBufferPointer {
            prefetch($0.baseAddress! + LinkTable.home(peer, $0.count - 1), MemoryLayout<Link>.stride)
        }
    }

    subscript(place: Int) -> Link {
        get { places[place] }
        _modify { yield &places[place] }
    }

    func epoch(of peer: UInt32) -> UInt32? { place(of: peer).map { places[$0].epoch } }

    /// The peer must have no link.
    mutating func insert(_ link: Link) {
        if 4 * (count + 1) > 3 * places.count { resize(to: max(4, 2 * places.count)) }
        put(link)
        count += 1
    }

    @discardableResult
    mutating func remove(_ peer: UInt32) -> Link? {
        guard var hole = place(of: peer) else { return nil }
        let removed = places[hole]
        let mask = places.count - 1
        // What was pushed on by the one that goes moves back, so that no search ends too early.
        var next = (hole + 1) & mask
        while places[next].peer != LinkTable.free {
            let distance = (next - LinkTable.home(places[next].peer, mask)) & mask
            if distance >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole].peer = LinkTable.free
        count -= 1
        if count == 0 { places = [] } else if 8 * count < places.count, places.count > 4 { resize(to: places.count / 2) }
        return removed
    }

    /// All links, by peer.
    var sorted: [Link] { places.filter { $0.peer != LinkTable.free }.sorted { $0.peer < $1.peer } }

    private mutating func resize(to size: Int) {
        let old = places
        places = Array(repeating: Link(peer: LinkTable.free, epoch: 0, since: 0, lastArrival: 0), count: size)
        for link in old where link.peer != LinkTable.free { put(link) }
    }

    private mutating func put(_ link: Link) {
        let mask = places.count - 1
        var place = LinkTable.home(link.peer, mask)
        while places[place].peer != LinkTable.free { place = (place + 1) & mask }
        places[place] = link
    }
}
