extension Array {
    /// Gives back room that a larger past has left: where not even a quarter is in use, what remains moves to an array of twice its size.
    ///
    /// A node that joins has a hundred connections for some seconds and four for the rest of its life; without it the four stand in
    /// the room of a hundred. Growing again costs what it cost at first, so the constant work per element stays.
    @inlinable
    public mutating func releaseSlack() {
        guard capacity > 8, 4 * count <= capacity else { return }
        var smaller: [Element] = []
        smaller.reserveCapacity(2 * count)
        smaller.append(contentsOf: self)
        self = smaller
    }
}
