internal import Determinism
public import Identity

/// Where the records of connected peers stand in an array of somebody else's, which is dense and in no order.
///
/// A record is appended when its peer comes; when one goes, the last takes its place. Coming and going moves eight bytes for each
/// peer beyond, however large a record is: a bootstrap peer has thousands, and tens come and go every second.
public struct PeerIndex: Sendable {
    private struct Place: Sendable {
        let handle: PeerHandle
        var slot: UInt32
    }

    /// Sorted by handle.
    private var places: [Place] = []

    public init() {}

    public var count: Int { places.count }

    public func slot(of handle: PeerHandle) -> Int? {
        let index = position(of: handle)
        return index < places.count && places[index].handle == handle ? Int(places[index].slot) : nil
    }

    /// The peer's record is appended to the others; false where it has one already.
    public mutating func append(_ handle: PeerHandle) -> Bool {
        let index = position(of: handle)
        guard index == places.count || places[index].handle != handle else { return false }
        places.insert(Place(handle: handle, slot: UInt32(places.count)), at: index)
        return true
    }

    /// The slot of a peer that goes, into which the last record is moved: `swapAt`, then `removeLast`. Nil where the peer is unknown.
    ///
    /// - Parameter last: whose record is the last.
    public mutating func remove(_ handle: PeerHandle, last: PeerHandle) -> Int? {
        let index = position(of: handle)
        guard index < places.count, places[index].handle == handle else { return nil }
        let slot = places[index].slot
        places[position(of: last)].slot = slot
        places.remove(at: index)
        places.releaseSlack()
        return Int(slot)
    }

    private func position(of handle: PeerHandle) -> Int {
        places.withUnsafeBufferPointer { places in
            var low = 0
            var high = places.count
            while low < high {
                let middle = (low + high) / 2
                if places[middle].handle < handle { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}
