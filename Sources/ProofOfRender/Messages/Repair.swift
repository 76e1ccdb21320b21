public import Identity
public import Wire

/// The Manager's word on the few pixels that marks touched: rendered again from the artist's scene with the task's own numbers, so
/// that the picture which is delivered carries no quads. Whoever holds the scene can render them again, and convict.
public struct Repair: RecordBody {
    public static let type = RecordType.repair

    public var commitment: RecordID
    public var repair: PictureRepair

    public init(commitment: RecordID, repair: PictureRepair) {
        self.commitment = commitment
        self.repair = repair
    }

    /// Bytes of a pixel: two coordinates and the bits of three floats, little-endian.
    static let pixelSize = 20

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var commitment: Bytes32?
        var packed: ArraySlice<UInt8> = []
        while let field = try reader.next() {
            switch field.number {
            case 1: commitment = try field.bytes32()
            case 2: packed = try field.bytes()
            default: throw .notCanonical
            }
        }
        guard packed.count.isMultiple(of: Repair.pixelSize), packed.count / Repair.pixelSize <= PictureRepair.pixelsMax else {
            throw .outOfBounds
        }
        var (pixels, values): ([SIMD2<UInt32>], [SIMD3<UInt32>]) = ([], [])
        var bytes = ByteReader(Array(packed))
        while !bytes.isAtEnd {
            pixels.append(SIMD2(try bytes.readLittleEndian(), try bytes.readLittleEndian()))
            values.append(SIMD3(try bytes.readLittleEndian(), try bytes.readLittleEndian(), try bytes.readLittleEndian()))
        }
        guard Set(pixels).count == pixels.count else { throw .outOfBounds }
        self.init(commitment: try commitment.required(), repair: PictureRepair(pixels: pixels, values: values))
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, commitment)
        var packed = ByteWriter(reserving: repair.pixels.count * Repair.pixelSize)
        for (pixel, bits) in zip(repair.pixels, repair.values) {
            for number in [pixel.x, pixel.y, bits.x, bits.y, bits.z] { packed.writeLittleEndian(number) }
        }
        writer.bytes(2, packed.bytes)
    }
}
