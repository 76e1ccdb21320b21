public import RenderModel
public import Wire

/// What a Manager asks to be marked: one frame of a scene for one Worker, with the parts of it that are tasks. Marks of one Worker's
/// copy serve all of them, so that Worker and Verifiers load one scene a frame, not one a task.
public struct MarkOrder: Hashable, Sendable {
    public var settings: RenderSettings
    public var frame: UInt32
    /// Those with a side below `parameters.tileSideMin` stay without marks.
    public var tiles: [Tile]
    public var worker: Bytes32
    /// The job's.
    public var key: MarkKey
    public var parameters: MarkParameters

    public static let tilesMax = 16_384

    public init(
        settings: RenderSettings, frame: UInt32, tiles: [Tile], worker: Bytes32, key: MarkKey, parameters: MarkParameters = MarkParameters()
    ) {
        self.settings = settings
        self.frame = frame
        self.tiles = tiles
        self.worker = worker
        self.key = key
        self.parameters = parameters
    }

    /// The key of one part.
    public func key(of tile: Tile) -> MarkKey { key.worker(worker).task(frame: frame, tile: tile) }

    /// The frame exists and its parts lie within it.
    public var isValid: Bool {
        guard settings.isValid, frame > 0, !tiles.isEmpty, tiles.count <= MarkOrder.tilesMax, parameters.isValid else { return false }
        let whole = Tile(x: 0, y: 0, width: settings.width, height: settings.height)
        return tiles.allSatisfy { $0.width > 0 && $0.height > 0 && $0.x < whole.width && $0.y < whole.height && whole.contains($0) }
    }

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { settings.write(to: &$0) }
        writer.uint32(2, frame)
        for tile in tiles { writer.message(3) { tile.write(to: &$0) } }
        writer.bytes32(4, worker)
        writer.bytes32(5, key.bytes)
        writer.message(6) { parameters.write(to: &$0) }
        return writer.bytes
    }

    /// Throws `outOfBounds` where `isValid` would not hold.
    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded)
        var settings: RenderSettings?
        var (worker, key): (Bytes32?, Bytes32?)
        var parameters: MarkParameters?
        var tiles: [Tile] = []
        var frame: UInt32 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: settings = try RenderSettings(encoded: try field.bytes(max: 128))
            case 2: frame = try field.uint32()
            case 3:
                guard tiles.count < MarkOrder.tilesMax else { throw .outOfBounds }
                tiles.append(try Tile(encoded: try field.bytes(max: 64)))
            case 4: worker = try field.bytes32()
            case 5: key = try field.bytes32()
            case 6: parameters = try MarkParameters(encoded: try field.bytes(max: 128))
            default: throw .malformedField
            }
        }
        self.init(
            settings: try settings.required(), frame: frame, tiles: tiles, worker: try worker.required(),
            key: MarkKey(try key.required()), parameters: try parameters.required())
        guard isValid else { throw .outOfBounds }
    }
}

extension MarkParameters {
    func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, UInt32(clamping: count))
        writer.uint32(2, UInt32(clamping: sides.lowerBound))
        writer.uint32(3, UInt32(clamping: sides.upperBound))
        for (number, value) in [strength, amplitude, periodMean, periodDeviation, laplacianThreshold, filterThreshold].enumerated() {
            writer.fixed64(UInt32(number) + 4, value.bitPattern)
        }
        writer.uint32(10, tileSideMin)
        writer.bool(11, hidesInTextures)
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        self.init()
        var reader = ProtobufReader(encoded)
        var (low, high): (UInt32, UInt32) = (0, 0)
        hidesInTextures = false
        (amplitude, periodDeviation) = (0, 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: count = Int(try field.uint32())
            case 2: low = try field.uint32()
            case 3: high = try field.uint32()
            case 4: strength = Double(bitPattern: try field.fixed64())
            case 5: amplitude = Double(bitPattern: try field.fixed64())
            case 6: periodMean = Double(bitPattern: try field.fixed64())
            case 7: periodDeviation = Double(bitPattern: try field.fixed64())
            case 8: laplacianThreshold = Double(bitPattern: try field.fixed64())
            case 9: filterThreshold = Double(bitPattern: try field.fixed64())
            case 10: tileSideMin = try field.uint32()
            case 11: hidesInTextures = try field.bool()
            default: throw .malformedField
            }
        }
        guard low <= high else { throw .outOfBounds }
        sides = Int(low)...Int(high)
    }
}
