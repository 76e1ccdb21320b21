/// What defines a picture besides the scene: part of every offer and of the commitment's context.
public struct RenderSettings: Equatable, Hashable, Sendable {
    /// Full frame in pixels.
    public var width: UInt32 = 640
    public var height: UInt32 = 480
    public var samples: UInt32 = 64
    /// Longest path in segments, 1...64.
    public var depth: UInt32 = 8
    /// Index into the scene's cameras in canonical order.
    public var camera: UInt32 = 0
    public var filter: PixelFilter = .box
    /// What of the scene to leave out (`--ignore`).
    public var ignore: Ignored = []
    /// Extra layers of the record, in this fixed order.
    public var layers: Layers = []
    /// Russian roulette: bounces after which a path may end early, 1...64; 0: none ends early.
    public var roulette: UInt32 = 0

    public init() {}

    public struct Ignored: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let normalMaps = Ignored(rawValue: 1)
        public static let alpha = Ignored(rawValue: 2)
        /// The sky behind the scene: a camera ray that hits nothing is black. The sky still lights the scene.
        public static let background = Ignored(rawValue: 4)
    }

    public struct Layers: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let alpha = Layers(rawValue: 1)
        public static let albedo = Layers(rawValue: 2)
        public static let normal = Layers(rawValue: 4)
        public static let depth = Layers(rawValue: 8)

        /// Floats that these layers add to a record: alpha 1, albedo 3, normal 3 (world space), depth 1 (along the view axis).
        public var floats: Int {
            (contains(.alpha) ? 1 : 0) + (contains(.albedo) ? 3 : 0) + (contains(.normal) ? 3 : 0) + (contains(.depth) ? 1 : 0)
        }
    }
}

/// Pixel reconstruction filters, importance-sampled: the filter moves the ray, every sample has weight 1.
public enum PixelFilter: UInt32, Equatable, Hashable, Sendable {
    case box = 0
    case blackmanHarris = 1
}

/// A rectangle of pixels of the full frame: x, y of its top left corner, then its size. Tiles start at multiples of 8.
public struct Tile: Equatable, Hashable, Sendable {
    public var x: UInt32
    public var y: UInt32
    public var width: UInt32
    public var height: UInt32

    public init(x: UInt32, y: UInt32, width: UInt32, height: UInt32) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}
