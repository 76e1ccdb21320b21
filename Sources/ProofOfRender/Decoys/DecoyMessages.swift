public import Identity
public import Wire

/// What shows that a false result was asked for: the promise, anchored, and the reveal that opens it.
public struct DecoyEvidence: Equatable, Sendable {
    public var promise: Record
    /// Of the promise: in a round no later than the commitment's.
    public var anchor: Anchor
    public var reveal: Record

    public init(promise: Record, anchor: Anchor, reveal: Record) {
        self.promise = promise
        self.anchor = anchor
        self.reveal = reveal
    }

    func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, promise.encoded)
        writer.message(2) { anchor.write(to: &$0) }
        writer.alwaysBytes(3, reveal.encoded)
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var promise, reveal: Record?
        var anchor: Anchor?
        while let field = try reader.next() {
            switch field.number {
            case 1 where promise == nil: promise = try Record(encoded: try field.bytes())
            case 2 where anchor == nil: anchor = try Anchor(encoded: try field.bytes())
            case 3 where reveal == nil: reveal = try Record(encoded: try field.bytes())
            default: throw .notCanonical
            }
        }
        self.init(promise: try promise.required(), anchor: try anchor.required(), reveal: try reveal.required())
    }
}

/// Said and anchored before the decoy's commitment: that one is to come, without saying which. It clears the Worker that commits to it.
public struct DecoyPromise: RecordBody {
    public static let type = RecordType.decoyPromise

    /// H("decoy" ‖ offer ‖ key ‖ permille ‖ salt).
    public var hash: Bytes32

    public init(hash: Bytes32) { self.hash = hash }

    public init(_ decoy: Decoy, offer: RecordID, salt: Bytes32) {
        hash = Labelled.hash("decoy") { writer in
            writer.write(offer)
            writer.write(decoy.key)
            writer.writeLittleEndian(decoy.permille)
            writer.write(salt)
        }
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var hash: Bytes32?
        while let field = try reader.next() {
            guard field.number == 1 else { throw .notCanonical }
            hash = try field.bytes32()
        }
        self.init(hash: try hash.required())
    }

    public func write(to writer: inout ProtobufWriter) { writer.bytes32(1, hash) }
}

/// Said when the verdicts are in.
public struct DecoyReveal: RecordBody {
    public static let type = RecordType.decoyReveal

    public var promise: RecordID
    public var offer: RecordID
    public var decoy: Decoy
    public var salt: Bytes32

    public init(promise: RecordID, offer: RecordID, decoy: Decoy, salt: Bytes32) {
        self.promise = promise
        self.offer = offer
        self.decoy = decoy
        self.salt = salt
    }

    /// Whether this is what was promised. The caller checks that `promise` has the id that is cited, and was anchored in a round no later
    /// than the commitment to `offer`.
    public func keeps(_ promise: DecoyPromise) -> Bool { promise == DecoyPromise(decoy, offer: offer, salt: salt) }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var promise, offer, key, salt: Bytes32?
        var permille: UInt32 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: promise = try field.bytes32()
            case 2: offer = try field.bytes32()
            case 3: key = try field.bytes32()
            case 4: permille = try field.uint32()
            case 5: salt = try field.bytes32()
            default: throw .notCanonical
            }
        }
        guard let decoy = Decoy(key: try key.required(), permille: permille) else { throw .outOfBounds }
        self.init(promise: try promise.required(), offer: try offer.required(), decoy: decoy, salt: try salt.required())
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, promise)
        writer.bytes32(2, offer)
        writer.bytes32(3, decoy.key)
        writer.uint32(4, decoy.permille)
        writer.bytes32(5, salt)
    }
}
