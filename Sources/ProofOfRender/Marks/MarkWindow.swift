public import RenderModel
public import Wire

/// 64×64 pixels of a frame as the check of hidden marks needs them: the pattern, projected into the picture, and the base colour.
/// With it a Verifier needs neither scene nor renderer.
public struct MarkWindow: Hashable, Sendable {
    public static let side = 64
    /// Windows of a sub-key.
    public static let countMax = 32

    /// In the full frame.
    public var x: Int
    public var y: Int
    /// Change of log luminance by the marks, in steps of 10⁻⁴, row by row.
    var pattern: [Int8]
    /// Logarithm of the base colour's luminance in steps of 1/45 from −5.6 up; 0: the pixel says nothing.
    var albedo: [UInt8]

    static let patternStep: Float = 1e-4
    static let albedoFloor: Float = -5.6
    static let albedoStep: Float = 1 / 45

    init(x: Int, y: Int, pattern: [Int8], albedo: [UInt8]) {
        self.x = x
        self.y = y
        self.pattern = pattern
        self.albedo = albedo
    }

    /// Share of pixels that show a mark.
    var markedShare: Double { Double(pattern.count { abs(Int($0)) >= 10 }) / Double(pattern.count) }
    /// How much of the pattern the window shows.
    var energy: Int { pattern.reduce(0) { $0 + Int($1) * Int($1) } }
}

/// All windows of a task that hidden marks can be seen in: made by the Manager from two renders of the base colour alone, one of the
/// scene and one of the Worker's copy.
public struct MarkWindows: Sendable {
    /// Samples of those renders.
    static let samples: UInt32 = 16
    private let windows: [MarkWindow]

    /// What to render of both scenes: base colours of the task's tile, one ray a sample.
    public static func request(settings: RenderSettings, frame: UInt32, tile: Tile, rngKey: UInt64) -> RenderRequest {
        var flat = settings
        (flat.samples, flat.depth, flat.layers) = (samples, 1, .albedo)
        return RenderRequest(settings: flat, frame: frame, rngKey: rngKey, tile: tile, samples: 0..<samples)
    }

    /// Nil where the records are not those of the request. Pixels that the quads `regions` may touch are left out.
    public init?(original: TileRecords, marked: TileRecords, without regions: [MarkRegion] = []) {
        let tile = original.tile
        let (width, height) = (Int(tile.width), Int(tile.height))
        guard marked.tile == tile, original.layers.count == width * height * 3, marked.layers.count == original.layers.count else {
            return nil
        }
        var (plain, changed) = (MarkWindows.luminances(original.layers), MarkWindows.luminances(marked.layers))
        for region in regions {
            for pixel in region.reach(margin: MarkWindows.quadMargin, in: tile) {
                plain[(pixel.y - Int(tile.y)) * width + pixel.x - Int(tile.x)] = 0
            }
        }
        let side = MarkWindow.side
        var found: [MarkWindow] = []
        for top in stride(from: 0, through: height - side, by: side) {
            for left in stride(from: 0, through: width - side, by: side) {
                var window = MarkWindow(x: Int(tile.x) + left, y: Int(tile.y) + top, pattern: [], albedo: [])
                window.pattern.reserveCapacity(side * side)
                window.albedo.reserveCapacity(side * side)
                for y in top..<top + side {
                    for x in left..<left + side { window.append(plain[y * width + x], changed[y * width + x]) }
                }
                if window.markedShare >= MarkWindows.shareMin { found.append(window) }
            }
        }
        windows = found
    }

    /// As far as the widest pixel filter carries a quad.
    private static let quadMargin = 3
    /// Windows with fewer pixels that show a mark say too little.
    private static let shareMin = 0.05

    private static func luminances(_ layers: [Float]) -> [Float] {
        stride(from: 0, to: layers.count, by: 3).map {
            Luminance.weighted(SIMD3(layers[$0], layers[$0 + 1], layers[$0 + 2])) / Float(samples)
        }
    }

    public var count: Int { windows.count }

    /// The windows that show the pattern best, in their order in the frame: what sub-keys are chosen from.
    public var pool: [MarkWindow] {
        let ranked = windows.indices.sorted { (windows[$1].energy, $0) < (windows[$0].energy, $1) }
        return ranked.prefix(MarkSecret.poolMax).sorted().map { windows[$0] }
    }

    /// Nil without a window.
    init?(_ windows: [MarkWindow]) {
        guard !windows.isEmpty else { return nil }
        self.windows = windows
    }

    /// A random part of those windows that show more of the pattern: another one for each Verifier, by the task's key.
    public func subset(_ key: MarkKey, for verifier: Bytes32) -> [MarkWindow] {
        var stream = MarkStream(key.derived("mark-verifier") { $0.write(verifier) }, "mark-windows")
        var pool = pool
        var chosen: [MarkWindow] = []
        // No Verifier gets more than three quarters of the pool, so that two never hold the same.
        let count = min(MarkWindow.countMax, max(pool.count * 3 / 4, min(pool.count, TextureFilter.windowsMin)))
        while chosen.count < count, !pool.isEmpty { chosen.append(pool.remove(at: stream.next(below: pool.count))) }
        return chosen
    }
}

extension MarkWindow {
    fileprivate mutating func append(_ plain: Float, _ changed: Float) {
        guard plain > 0.005, changed > 0.005, plain < 2, changed < 2 else {
            pattern.append(0)
            albedo.append(0)
            return
        }
        let (logPlain, logChanged) = (Elementary.log(plain), Elementary.log(changed))
        pattern.append(Int8(min(max(((logChanged - logPlain) / MarkWindow.patternStep).rounded(), -127), 127)))
        albedo.append(UInt8(min(max(((logPlain - MarkWindow.albedoFloor) / MarkWindow.albedoStep).rounded(), 1), 255)))
    }
}
