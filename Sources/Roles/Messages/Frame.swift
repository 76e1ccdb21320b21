public import Identity
public import Wire

/// The one form of everything that roles say on a stream: a kind, signed records, and what is not signed
/// (message `Frame` of `docs/protocols/job.proto`). Each protocol's calls and replies are enums over it.
public struct Frame: Hashable, Sendable {
    public var kind: UInt32
    public var records: [Record]
    public var payload: [UInt8]

    /// Records of one frame; the most are needed for the evidence of a dispute.
    public static let recordsMax = 64
    /// Bytes of one frame: what the network takes as one message.
    public static let sizeMax = 4 << 20

    public init(kind: UInt32, records: [Record] = [], payload: [UInt8] = []) {
        self.kind = kind
        self.records = records
        self.payload = payload
    }

    public var encoded: [UInt8] {
        var writer = ProtobufWriter(reserving: payload.count + records.reduce(16) { $0 + $1.body.count + Record.overheadMax })
        writer.uint32(1, kind)
        for record in records { writer.alwaysBytes(2, record.encoded) }
        writer.bytes(3, payload)
        return writer.bytes
    }

    /// Decodes the envelopes; bodies and signatures are for whoever knows the kind.
    public init(encoded: [UInt8]) throws(WireError) {
        guard encoded.count <= Frame.sizeMax else { throw .outOfBounds }
        self.init(kind: 0)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = try field.uint32()
            case 2:
                guard records.count < Frame.recordsMax else { throw .outOfBounds }
                records.append(try Record(encoded: try field.bytes()))
            case 3: payload = Array(try field.bytes())
            default: break
            }
        }
    }

    /// The only record. Throws where there is none, or more than one.
    func single() throws(WireError) -> Record {
        guard records.count == 1 else { throw .missingField }
        return records[0]
    }
}

/// What is sent as a request, or comes back as its answer.
public protocol FrameMessage: Sendable {
    var frame: Frame { get }
    init(frame: Frame) throws(WireError)
}

extension FrameMessage {
    public var encoded: [UInt8] { frame.encoded }
    public init(encoded: [UInt8]) throws(WireError) { try self.init(frame: try Frame(encoded: encoded)) }
}
