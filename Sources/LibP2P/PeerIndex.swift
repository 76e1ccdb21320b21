internal import Determinism
public import Identity

/// Where the records of connected peers stand in an array of somebody else's, which is dense and in no order.
///
/// A record is appended when its peer comes; when one goes, the last takes its place. It is asked several times for every message of a
/// node with a hundred and more connections: an open hash table finds a place in one or two cache lines.
public struct PeerIndex: Sendable {
    private struct Cell: Sendable {
        var handle: PeerHandle
        /// `vacant` where nobody stands.
        var slot: UInt32

        static let vacant: UInt32 = .max
    }

    /// A power of two of them, or none; a peer stands at its home or behind it, with no vacant cell between. At most three quarters are taken.
    private var cells: [Cell] = []
    public private(set) var count = 0

    public init() {}

    public func slot(of handle: PeerHandle) -> Int? {
        guard let index = find(handle) else { return nil }
        return Int(cells[index].slot)
    }

    /// The peer's record is appended to the others; false where it has one already.
    public mutating func append(_ handle: PeerHandle) -> Bool {
        guard find(handle) == nil else { return false }
        if 4 * (count + 1) > 3 * cells.count { resize(max(4, 2 * cells.count)) }
        insert(Cell(handle: handle, slot: UInt32(count)))
        count += 1
        return true
    }

    /// The slot of a peer that goes, into which the last record is moved: `swapAt`, then `removeLast`. Nil where the peer is unknown.
    ///
    /// - Parameter last: whose record is the last.
    public mutating func remove(_ handle: PeerHandle, last: PeerHandle) -> Int? {
        guard let index = find(handle) else { return nil }
        let slot = cells[index].slot
        if let other = find(last) { cells[other].slot = slot }
        count -= 1
        close(index)
        if cells.count > 8, 4 * count <= cells.count { resize(cells.count / 2) }
        return Int(slot)
    }

    /// Drivers number their connections in rows: what differs is at the low end, and is spread by the multiplication.
    private func home(of handle: PeerHandle) -> Int {
        Int(truncatingIfNeeded: UInt64(handle.index) &* 0x9e37_79b9_7f4a_7c15 >> 32) & (cells.count - 1)
    }

    private func find(_ handle: PeerHandle) -> Int? {
        guard !cells.isEmpty else { return nil }
        let mask = cells.count - 1
        var index = home(of: handle)
        while cells[index].slot != Cell.vacant {
            if cells[index].handle == handle { return index }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ cell: Cell) {
        let mask = cells.count - 1
        var index = home(of: cell.handle)
        while cells[index].slot != Cell.vacant { index = (index + 1) & mask }
        cells[index] = cell
    }

    /// Vacates a cell, and moves up those behind it that its place would cut off from their homes.
    private mutating func close(_ gap: Int) {
        let mask = cells.count - 1
        var gap = gap
        var index = (gap + 1) & mask
        while cells[index].slot != Cell.vacant {
            if (index - home(of: cells[index].handle)) & mask >= (index - gap) & mask {
                cells[gap] = cells[index]
                gap = index
            }
            index = (index + 1) & mask
        }
        cells[gap].slot = Cell.vacant
    }

    private mutating func resize(_ size: Int) {
        let old = cells
        cells = [Cell](repeating: Cell(handle: PeerHandle(index: 0), slot: Cell.vacant), count: size)
        for cell in old where cell.slot != Cell.vacant { insert(cell) }
    }
}
