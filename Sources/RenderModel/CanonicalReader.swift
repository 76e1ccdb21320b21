import Wire

/// Walks the fields of a canonical message: ascending, no defaults, and only the declared fields more than once.
struct CanonicalReader {
    private var reader: ProtobufReader
    private let repeated: Set<UInt32>
    private var last: UInt32 = 0

    init(_ bytes: ArraySlice<UInt8>, repeated: Set<UInt32> = []) {
        reader = ProtobufReader(bytes, canonical: true)
        self.repeated = repeated
    }

    mutating func next() throws(WireError) -> ProtobufField? {
        guard let field = try reader.next() else { return nil }
        guard field.number != last || repeated.contains(field.number) else { throw .notCanonical }
        last = field.number
        return field
    }
}

extension ProtobufField {
    /// 0 for none, else index + 1. Zero is never written.
    func index() throws(WireError) -> Int32 {
        guard let value = Int32(exactly: try uint64()) else { throw .outOfBounds }
        return value - 1
    }

    func enumeration<T: RawRepresentable<UInt32>>() throws(WireError) -> T {
        guard let value = T(rawValue: try uint32()) else { throw .outOfBounds }
        return value
    }

    func float(default standard: Float) throws(WireError) -> Float {
        let value = try float()
        guard value.bitPattern != standard.bitPattern else { throw .notCanonical }
        return value
    }

    func floats(count: Int, default standard: [Float]) throws(WireError) -> [Float] {
        let values = try floats(max: count)
        guard values.count == count else { throw .outOfBounds }
        guard values.map(\.bitPattern) != standard.map(\.bitPattern) else { throw .notCanonical }
        return values
    }

    /// A packed repeated float that is not empty.
    func floats(max: Int) throws(WireError) -> [Float] {
        let packed = try bytes(max: max * 4)
        guard !packed.isEmpty, packed.count % 4 == 0 else { throw .outOfBounds }
        var reader = WordReader(Array(packed))
        return reader.floats(packed.count / 4)
    }

    func vector(default standard: SIMD3<Float>) throws(WireError) -> SIMD3<Float> {
        let values = try floats(count: 3, default: [standard.x, standard.y, standard.z])
        return [values[0], values[1], values[2]]
    }
}

extension BulkData {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes(), repeated: [3])
        while let field = try reader.next() {
            switch field.number {
            case 1: size = try field.int(max: 1 << 40)
            case 2: inline = Array(try field.bytes(max: BulkData.inlineMax))
            case 3:
                let id = try CID(bytes: try field.bytes(max: 64))
                guard id.codec == .raw, id.hash == .sha256 else { throw .malformedField }
                blocks.append(id)
            default: throw .notCanonical
            }
        }
        let isInline = size <= BulkData.inlineMax
        guard size > 0, inline.count == (isInline ? size : 0), blocks.count == BulkData.blockCount(size) else { throw .outOfBounds }
    }
}

/// Bounds of the format. They keep a manifest of 1 MiB from asking for more than its size justifies.
enum SceneFormatBounds {
    static let nodes = 1 << 22
    static let meshes = 1 << 18
    static let materials = 1 << 14
    static let textures = 1 << 16
    static let cameras = 1 << 12
    static let lights = 1 << 16
    static let skins = 1 << 16
    static let animations = 1 << 16
    static let morphTargets = 1 << 12
    /// Vertices or indices of one primitive, keys or values of one channel.
    static let vertices = 1 << 30
    static let imageSide: UInt32 = 1 << 15
    /// Largest magnitude of any number.
    static let magnitude: Float = 1e15
}

extension SceneTexelFormat {
    public var bytesPerTexel: Int {
        switch self {
        case .rgba8sRGB, .rgba8: 4
        case .rgba16: 8
        case .rgba32Float: 16
        }
    }
}
