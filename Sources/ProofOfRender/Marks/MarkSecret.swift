public import RenderModel
public import Wire

/// The verification key of one task's marks: where they are, and from when they count as seen. It leaves the Manager only when the
/// commitment is anchored.
public struct MarkSecret: Hashable, Sendable {
    /// Of the full frame.
    public var width: UInt32
    public var height: UInt32
    public var frame: UInt32
    public var tile: Tile
    public var regions: [MarkRegion]
    public var laplacianThreshold: Double
    public var filterThreshold: Double
    /// The sub-key of the hidden marks; empty where there are none.
    public var windows: [MarkWindow] = []

    public static let magic = Array("inferix-marks/1\n".utf8)
    public static let sizeMax = 1 << 20
    static let regionsMax = 64

    public init(
        width: UInt32, height: UInt32, frame: UInt32, tile: Tile, regions: [MarkRegion], laplacianThreshold: Double, filterThreshold: Double
    ) {
        self.width = width
        self.height = height
        self.frame = frame
        self.tile = tile
        self.regions = regions
        self.laplacianThreshold = laplacianThreshold
        self.filterThreshold = filterThreshold
    }

    /// The magic, then protobuf `MarkSecret` of `docs/protocols/proof.proto`.
    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.uint32(1, width)
        writer.uint32(2, height)
        writer.uint32(3, frame)
        writer.message(4) { tile.write(to: &$0) }
        for region in regions {
            writer.message(5) {
                $0.uint32(1, UInt32(clamping: region.x))
                $0.uint32(2, UInt32(clamping: region.y))
                $0.uint32(3, UInt32(clamping: region.width))
                $0.uint32(4, UInt32(clamping: region.height))
            }
        }
        writer.fixed64(6, laplacianThreshold.bitPattern)
        writer.fixed64(7, filterThreshold.bitPattern)
        for window in windows {
            writer.message(8) {
                $0.uint32(1, UInt32(clamping: window.x))
                $0.uint32(2, UInt32(clamping: window.y))
                $0.bytes(3, window.pattern.map { UInt8(bitPattern: $0) })
                $0.bytes(4, window.albedo)
            }
        }
        return MarkSecret.magic + writer.bytes
    }

    /// Throws `WireError` for anything but what `encoded` gives: every region lies in the tile with its envelope.
    ///
    /// - Parameter windowsMax: more are refused: a Verifier gets 32.
    public init(encoded: [UInt8], windowsMax: Int = MarkWindow.countMax) throws(WireError) {
        guard encoded.count <= MarkSecret.sizeMax else { throw .outOfBounds }
        guard encoded.starts(with: MarkSecret.magic) else { throw .malformedField }
        var reader = ProtobufReader(encoded[MarkSecret.magic.count...], canonical: true)
        var (width, height, frame): (UInt32, UInt32, UInt32) = (0, 0, 0)
        var tile: Tile?
        var regions: [MarkRegion] = []
        var (laplacian, filter): (Double?, Double?) = (nil, nil)
        var windows: [MarkWindow] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: width = try field.uint32()
            case 2: height = try field.uint32()
            case 3: frame = try field.uint32()
            case 4: tile = try Tile(encoded: try field.bytes(max: 64))
            case 5:
                guard regions.count < MarkSecret.regionsMax else { throw .outOfBounds }
                regions.append(try MarkRegion(encoded: try field.bytes(max: 64)))
            case 6: laplacian = Double(bitPattern: try field.fixed64())
            case 7: filter = Double(bitPattern: try field.fixed64())
            case 8:
                guard windows.count < windowsMax else { throw .outOfBounds }
                windows.append(try MarkWindow(encoded: try field.bytes()))
            default: throw .notCanonical
            }
        }
        let (area, laplacianThreshold, filterThreshold) = (try tile.required(), try laplacian.required(), try filter.required())
        let sides = 1...RenderSettings.sizeMax
        guard sides.contains(width), sides.contains(height), frame > 0, area.x + area.width <= width, area.y + area.height <= height,
            laplacianThreshold.isFinite, filterThreshold.isFinite, regions.allSatisfy({ $0.fits(area) }),
            windows.allSatisfy({ $0.fits(area) })
        else { throw .outOfBounds }
        self.init(
            width: width, height: height, frame: frame, tile: area, regions: regions, laplacianThreshold: laplacianThreshold,
            filterThreshold: filterThreshold)
        self.windows = windows
    }
}

extension MarkWindow {
    func fits(_ tile: Tile) -> Bool {
        x >= Int(tile.x) && y >= Int(tile.y) && x + MarkWindow.side <= Int(tile.x) + Int(tile.width)
            && y + MarkWindow.side <= Int(tile.y) + Int(tile.height)
    }

    fileprivate init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        self.init(x: 0, y: 0, pattern: [], albedo: [])
        let area = MarkWindow.side * MarkWindow.side
        while let field = try reader.next() {
            switch field.number {
            case 1: x = try field.int(max: Int(RenderSettings.sizeMax))
            case 2: y = try field.int(max: Int(RenderSettings.sizeMax))
            case 3: pattern = try field.bytes(max: area).map { Int8(bitPattern: $0) }
            case 4: albedo = Array(try field.bytes(max: area))
            default: throw .notCanonical
            }
        }
        guard pattern.count == area, albedo.count == area else { throw .outOfBounds }
    }
}

extension MarkRegion {
    fileprivate init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        self.init(x: 0, y: 0, width: 0, height: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: x = try field.int(max: Int(RenderSettings.sizeMax))
            case 2: y = try field.int(max: Int(RenderSettings.sizeMax))
            case 3: width = try field.int(max: 64)
            case 4: height = try field.int(max: 64)
            default: throw .notCanonical
            }
        }
        guard width > 2, height > 2 else { throw .outOfBounds }
    }
}
