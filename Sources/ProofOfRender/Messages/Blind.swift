public import Identity
public import RenderModel
public import Wire

/// The Verifier's values, hidden: it cannot copy what the Worker opens afterwards.
public struct Blind: RecordBody {
    public static let type = RecordType.blind

    public var duty: RecordID
    public var locators: RecordID
    /// H("blind" ‖ duty ‖ Verifier ‖ values ‖ salt).
    public var hash: Bytes32

    public init(duty: RecordID, locators: RecordID, hash: Bytes32) {
        self.duty = duty
        self.locators = locators
        self.hash = hash
    }

    public init(duty: RecordID, locators: RecordID, verifier: Bytes32, values: [RecordValue], salt: Bytes32) {
        let hash = Blind.hash(duty: duty, verifier: verifier, values: values, salt: salt)
        self.init(duty: duty, locators: locators, hash: hash)
    }

    /// Values in the order of their places, as `RecordValue.packed` writes them, with their size in bytes before them.
    public static func hash(duty: RecordID, verifier: Bytes32, values: [RecordValue], salt: Bytes32) -> Bytes32 {
        Labelled.hash("blind") { writer in
            writer.write(duty)
            writer.write(verifier)
            writer.writeHashField(RecordValue.packed(values))
            writer.write(salt)
        }
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var duty, locators, hash: Bytes32?
        while let field = try reader.next() {
            switch field.number {
            case 1: duty = try field.bytes32()
            case 2: locators = try field.bytes32()
            case 3: hash = try field.bytes32()
            default: throw .notCanonical
            }
        }
        self.init(duty: try duty.required(), locators: try locators.required(), hash: try hash.required())
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.bytes32(2, locators)
        writer.bytes32(3, hash)
    }
}

/// The values of all located leaves, 192 bytes each, in the order in which the locators name each leaf first.
public struct Openings: RecordBody {
    public static let type = RecordType.openings

    public var duty: RecordID
    public var blind: RecordID
    /// A multiple of 192 bytes.
    public var values: [UInt8]

    public init(duty: RecordID, blind: RecordID, values: [UInt8]) {
        self.duty = duty
        self.blind = blind
        self.values = values
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var duty, blind: Bytes32?
        var values: ArraySlice<UInt8> = []
        while let field = try reader.next() {
            switch field.number {
            case 1: duty = try field.bytes32()
            case 2: blind = try field.bytes32()
            case 3: values = try field.bytes()
            default: throw .notCanonical
            }
        }
        guard values.count.isMultiple(of: LeafSummary.valuesSize) else { throw .outOfBounds }
        self.init(duty: try duty.required(), blind: try blind.required(), values: Array(values))
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.bytes32(2, blind)
        writer.bytes(3, values)
    }
}

extension RecordValue {
    /// Bytes of one value: three float32 and a 16-bit count, little-endian.
    public static let packedSize = 14

    public static func packed(_ values: [RecordValue]) -> [UInt8] {
        var writer = ByteWriter(reserving: values.count * packedSize)
        for value in values {
            for channel in 0..<3 { writer.writeLittleEndian(value.sums[channel].bitPattern) }
            writer.writeLittleEndian(value.rays)
        }
        return writer.bytes
    }

    /// Throws `truncated` where bytes are left over.
    public static func unpacked(_ bytes: some Collection<UInt8>) throws(WireError) -> [RecordValue] {
        var reader = ByteReader(Array(bytes))
        var values: [RecordValue] = []
        values.reserveCapacity(bytes.count / packedSize)
        while !reader.isAtEnd {
            var sums = SIMD3<Float>.zero
            for channel in 0..<3 { sums[channel] = Float(bitPattern: try reader.readLittleEndian()) }
            values.append(RecordValue(sums: sums, rays: try reader.readLittleEndian()))
        }
        return values
    }

    /// Equal in every bit: what profile D promises. `==` would call NaN unequal to itself, and 0 equal to −0.
    public func isIdentical(to other: RecordValue) -> Bool {
        rays == other.rays && (0..<3).allSatisfy { sums[$0].bitPattern == other.sums[$0].bitPattern }
    }
}
