public import RenderModel
public import Wire

extension RenderSettings {
    /// Pixels per side, and samples, at most.
    public static let sizeMax: UInt32 = 65_536
    public static let depthMax: UInt32 = 64

    /// Within the bounds of the format.
    public var isValid: Bool {
        let sides = 1...RenderSettings.sizeMax
        return sides.contains(width) && sides.contains(height) && sides.contains(samples) && depth >= 1
            && depth <= RenderSettings.depthMax && camera < RenderSettings.sizeMax && ignore.rawValue < 8 && layers.rawValue < 16
            && roulette <= RenderSettings.depthMax
    }

    /// Protobuf `RenderSettings` of `docs/protocols/proof.proto`.
    public func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, width)
        writer.uint32(2, height)
        writer.uint32(3, samples)
        writer.uint32(4, depth)
        writer.uint32(5, camera)
        writer.uint32(6, filter.rawValue)
        writer.uint32(7, ignore.rawValue)
        writer.uint32(8, layers.rawValue)
        writer.uint32(9, roulette)
    }

    /// Throws `outOfBounds` where `isValid` would not hold.
    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        self.init()
        (width, height, samples, depth) = (0, 0, 0, 0)
        var reader = ProtobufReader(encoded, canonical: true)
        while let field = try reader.next() {
            switch field.number {
            case 1: width = try field.uint32()
            case 2: height = try field.uint32()
            case 3: samples = try field.uint32()
            case 4: depth = try field.uint32()
            case 5: camera = try field.uint32()
            case 6:
                guard let known = PixelFilter(rawValue: try field.uint32()) else { throw .outOfBounds }
                filter = known
            case 7: ignore = Ignored(rawValue: try field.uint32())
            case 8: layers = Layers(rawValue: try field.uint32())
            case 9: roulette = try field.uint32()
            default: throw .notCanonical
            }
        }
        guard isValid else { throw .outOfBounds }
    }
}

extension Tile {
    /// Protobuf `Tile` of `docs/protocols/proof.proto`.
    public func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, x)
        writer.uint32(2, y)
        writer.uint32(3, width)
        writer.uint32(4, height)
    }

    /// Throws `outOfBounds` for a tile that is empty or larger than any picture.
    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        self.init(x: 0, y: 0, width: 0, height: 0)
        var reader = ProtobufReader(encoded, canonical: true)
        while let field = try reader.next() {
            switch field.number {
            case 1: x = try field.uint32()
            case 2: y = try field.uint32()
            case 3: width = try field.uint32()
            case 4: height = try field.uint32()
            default: throw .notCanonical
            }
        }
        let max = RenderSettings.sizeMax
        guard width > 0, height > 0, x <= max, y <= max, width <= max, height <= max else { throw .outOfBounds }
    }
}
