public import ProofOfRender
public import RenderModel
public import Wire

/// What a node asks its engine. `scene` is a number of the node's choice; `id` names one render.
public enum EngineRequest: Equatable, Sendable {
    /// Starts a scene: its manifest, and the bytes it may take in memory. Blocks follow, then `finishScene`. The blocks are kept where
    /// it will be marked.
    case beginScene(scene: UInt32, manifest: [UInt8], memoryMax: UInt64, keepsBlocks: Bool)
    case block(scene: UInt32, bytes: [UInt8])
    case finishScene(scene: UInt32)
    case dropScene(scene: UInt32)
    /// Prepares a frame, which the first render of that frame would do otherwise.
    case prepare(id: UInt32, scene: UInt32, frame: UInt32)
    case render(id: UInt32, scene: UInt32, request: RenderRequest)
    case recompute(id: UInt32, scene: UInt32, request: RenderRequest, places: [RecordPlace])
    case cancel(id: UInt32)
    /// Of a scene whose blocks were kept.
    case mark(id: UInt32, scene: UInt32, order: MarkOrder)

    /// Places of one request at most.
    public static let placesMax = 65_536

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .beginScene(let scene, let manifest, let memoryMax, let keepsBlocks):
            writer.message(1) {
                $0.uint32(1, scene)
                $0.bytes(2, manifest)
                $0.uint64(3, memoryMax)
                $0.bool(5, keepsBlocks)
            }
        case .block(let scene, let bytes):
            writer.message(2) {
                $0.uint32(1, scene)
                $0.bytes(2, bytes)
            }
        case .finishScene(let scene): writer.message(3) { $0.uint32(1, scene) }
        case .dropScene(let scene): writer.message(4) { $0.uint32(1, scene) }
        case .prepare(let id, let scene, let frame):
            writer.message(5) {
                $0.uint32(1, id)
                $0.uint32(2, scene)
                $0.uint32(3, frame)
            }
        case .render(let id, let scene, let request):
            writer.message(6) {
                $0.uint32(1, id)
                $0.uint32(2, scene)
                $0.message(3) { request.write(to: &$0) }
            }
        case .recompute(let id, let scene, let request, let places):
            writer.message(7) {
                $0.uint32(1, id)
                $0.uint32(2, scene)
                $0.message(3) { request.write(to: &$0) }
                var packed = ByteWriter(reserving: places.count * 12)
                for place in places {
                    packed.writeLittleEndian(place.x)
                    packed.writeLittleEndian(place.y)
                    packed.writeLittleEndian(place.bucket)
                }
                $0.bytes(4, packed.bytes)
            }
        case .cancel(let id): writer.message(8) { $0.uint32(1, id) }
        case .mark(let id, let scene, let order):
            writer.message(9) {
                $0.uint32(1, id)
                $0.uint32(2, scene)
                $0.alwaysBytes(3, order.encoded)
            }
        }
        return writer.bytes
    }

    public init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(bytes)
        guard let field = try reader.next() else { throw .malformedField }
        let body = try EngineBody(try field.bytes())
        switch field.number {
        case 1:
            self = .beginScene(
                scene: body.first, manifest: Array(body.bytes), memoryMax: body.third, keepsBlocks: body.flag)
        case 2: self = .block(scene: body.first, bytes: Array(body.bytes))
        case 3: self = .finishScene(scene: body.first)
        case 4: self = .dropScene(scene: body.first)
        case 5:
            guard let frame = UInt32(exactly: body.third) else { throw .outOfBounds }
            self = .prepare(id: body.first, scene: body.second, frame: frame)
        case 6: self = .render(id: body.first, scene: body.second, request: try RenderRequest(encoded: body.nested))
        case 7:
            self = .recompute(
                id: body.first, scene: body.second, request: try RenderRequest(encoded: body.nested),
                places: try RecordPlace.unpack(body.packed))
        case 8: self = .cancel(id: body.first)
        case 9: self = .mark(id: body.first, scene: body.second, order: try MarkOrder(encoded: body.nested))
        default: throw .malformedField
        }
    }
}

/// The fields of a request's body: 1 and 2 are numbers or bytes, 3 a number or a message, 4 bytes, 5 a flag.
private struct EngineBody {
    var first: UInt32 = 0
    var second: UInt32 = 0
    var third: UInt64 = 0
    var bytes: ArraySlice<UInt8> = []
    var nested: ArraySlice<UInt8> = []
    var packed: ArraySlice<UInt8> = []
    var flag = false

    init(_ encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, _): first = try field.uint32()
            case (2, .varint): second = try field.uint32()
            case (2, _): bytes = try field.bytes()
            case (3, .varint(let value)): third = value
            case (3, _): nested = try field.bytes()
            case (5, _): flag = try field.bool()
            case (4, _): packed = try field.bytes(max: EngineRequest.placesMax * 12)
            default: throw .malformedField
            }
        }
    }
}

extension RecordPlace {
    fileprivate static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [RecordPlace] {
        guard bytes.count % 12 == 0 else { throw .outOfBounds }
        var reader = ByteReader(bytes)
        var places: [RecordPlace] = []
        places.reserveCapacity(bytes.count / 12)
        while !reader.isAtEnd {
            let x: UInt32 = try reader.readLittleEndian()
            let y: UInt32 = try reader.readLittleEndian()
            let bucket: UInt32 = try reader.readLittleEndian()
            places.append(RecordPlace(x: x, y: y, bucket: bucket))
        }
        return places
    }
}

extension RenderRequest {
    func write(to writer: inout ProtobufWriter) {
        writer.message(1) { settings.write(to: &$0) }
        writer.uint32(2, frame)
        writer.fixed64(3, rngKey)
        writer.message(4) { tile.write(to: &$0) }
        writer.uint32(5, samples.lowerBound)
        writer.uint32(6, samples.upperBound)
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded)
        var settings: RenderSettings?
        var tile: Tile?
        var (frame, key, first, last): (UInt32, UInt64, UInt32, UInt32) = (0, 0, 0, 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: settings = try RenderSettings(encoded: try field.bytes())
            case 2: frame = try field.uint32()
            case 3: key = try field.fixed64()
            case 4: tile = try Tile(encoded: try field.bytes())
            case 5: first = try field.uint32()
            case 6: last = try field.uint32()
            default: throw .malformedField
            }
        }
        guard let settings, let tile, first <= last else { throw .malformedField }
        self.init(settings: settings, frame: frame, rngKey: key, tile: tile, samples: first..<last)
    }
}
