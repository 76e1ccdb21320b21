public import RenderModel

/// What checked locators lead to: the places to recompute and the leaves that will be opened.
public struct LocatedPlaces: Equatable, Sendable {
    public struct Leaf: Equatable, Sendable {
        /// Index of the block in the tile, and of the bucket in the task's samples.
        public var block: Int
        public var bucket: Int
        public var summary: LeafSummary
    }

    /// Each leaf once, in the order in which the locators name it first: ray challenges, then area challenges.
    public private(set) var leaves: [Leaf] = []
    /// Each place once, in the same order; of an area challenge all buckets.
    public private(set) var places: [RecordPlace] = []
    /// For each place the position of its leaf in `leaves`, and its lane there.
    private(set) var sources: [(leaf: Int, lane: Int)] = []
    /// For each ray challenge the position of its place in `places`.
    private(set) var rayPlaces: [Int] = []
    /// For each area challenge its pixel in the tile and the positions of its leaves and of its places, in the order of buckets.
    private(set) var pixels: [(x: Int, y: Int, leaves: [Int], places: [Int])] = []

    private var leafPositions: [Int: Int] = [:]
    private var placePositions: [RecordPlace: Int] = [:]

    public static func == (a: LocatedPlaces, b: LocatedPlaces) -> Bool { a.leaves == b.leaves && a.places == b.places }

    mutating func addLeaf(block: Int, bucket: Int, summary: LeafSummary, grid: RecordGrid) -> Int {
        let key = block * grid.bucketCount + bucket
        if let position = leafPositions[key] { return position }
        leaves.append(Leaf(block: block, bucket: bucket, summary: summary))
        leafPositions[key] = leaves.count - 1
        return leaves.count - 1
    }

    mutating func addPlace(_ place: RecordPlace, leaf: Int, lane: Int) -> Int {
        if let position = placePositions[place] { return position }
        placePositions[place] = places.count
        places.append(place)
        sources.append((leaf, lane))
        return places.count - 1
    }

    mutating func addRay(_ place: RecordPlace, leaf: Int, lane: Int) { rayPlaces.append(addPlace(place, leaf: leaf, lane: lane)) }

    mutating func addPixel(x: Int, y: Int, leaves: [Int], places: [Int]) { pixels.append((x, y, leaves, places)) }

    /// The Worker's value at each place.
    func claimed(_ opened: OpenedValues) -> [RecordValue] { places.indices.map { claimed(opened, at: $0) } }

    func claimed(_ opened: OpenedValues, at index: Int) -> RecordValue {
        let (leaf, lane) = sources[index]
        return RecordValue(sums: opened.sums(leaf: leaf, lane: lane), rays: leaves[leaf].summary.counts[lane])
    }
}
