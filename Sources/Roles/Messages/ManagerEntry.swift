public import Identity
public import Wire

/// A Manager's line in the registry: where it is reached.
public struct ManagerEntry: RecordBody {
    public static let type = RecordType.managerEntry
    public static let addressesMax = 8

    /// Raised with every line, across restarts: of two lines the higher one holds.
    public var sequence: UInt64
    /// At most `addressesMax`. None: it has left, and is not to be asked for until a later line.
    public var addresses: [Multiaddr]

    public init(sequence: UInt64, addresses: [Multiaddr]) {
        self.sequence = sequence
        self.addresses = addresses
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var sequence: UInt64 = 0
        var addresses: [Multiaddr] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: sequence = try field.uint64()
            case 2:
                guard addresses.count < ManagerEntry.addressesMax else { throw .outOfBounds }
                addresses.append(try Multiaddr(bytes: try field.bytes()))
            default: throw .notCanonical
            }
        }
        guard sequence > 0, sequence < 1 << 63 else { throw .outOfBounds }
        self.init(sequence: sequence, addresses: addresses)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.uint64(1, sequence)
        for address in addresses { writer.alwaysBytes(2, address.bytes) }
    }
}

/// What somebody has of the registry, to be told the rest.
public struct RegistrySummary: Hashable, Sendable {
    /// Lines are told apart by the first byte of their Managers' keys.
    public static let bucketCount = 256
    public static let digestSize = 8

    /// Of each bucket the first 8 bytes of BLAKE2b-256 over key ‖ sequence (big-endian) of its lines, by ascending keys; empty: the
    /// asker keeps no registry, and wants a few lines of any.
    public var digests: [UInt8]
    /// Lines of Managers with larger keys are asked for.
    public var after: Bytes32

    public init(digests: [UInt8], after: Bytes32) {
        self.digests = digests
        self.after = after
    }

    init(payload: [UInt8]) throws(WireError) {
        guard let after = Bytes32(payload.prefix(32)) else { throw .missingField }
        self.after = after
        digests = Array(payload.dropFirst(32))
        guard digests.isEmpty || digests.count == RegistrySummary.bucketCount * RegistrySummary.digestSize else { throw .outOfBounds }
    }

    var payload: [UInt8] { after.array + digests }

    public func digest(of bucket: Int) -> ArraySlice<UInt8> {
        digests[bucket * RegistrySummary.digestSize..<(bucket + 1) * RegistrySummary.digestSize]
    }
}
