public import Identity
internal import ProofOfRender
internal import RenderModel
public import Wire

/// The record by which a client orders a job (`docs/protocols/job.proto`). Its id is the job's id.
public struct JobRequest: RecordBody {
    public static let type = RecordType.jobRequest

    public var order: JobOrder
    /// The client's own: two orders of the same picture are two jobs.
    public var nonce: Bytes32
    /// Round after which the request is no longer accepted; 0 for any.
    public var roundMax: UInt64

    public init(order: JobOrder, nonce: Bytes32, roundMax: UInt64 = 0) {
        self.order = order
        self.nonce = nonce
        self.roundMax = roundMax
    }

    /// Throws `outOfBounds` where `JobOrder.isValid` would not hold.
    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var root: CID?
        var settings: RenderSettings?
        var nonce: Bytes32?
        var ranges: [FrameRange] = []
        var (bytes, budget, priceMax, roundMax): (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var (split, formats, level, priority): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var isUnmarked = false
        while let field = try reader.next() {
            switch field.number {
            case 1: root = try CID(bytes: try field.bytes(max: 64))
            case 2: bytes = try field.uint64()
            case 3:
                guard ranges.count < JobOrder.rangesMax else { throw .outOfBounds }
                ranges.append(try FrameRange(encoded: try field.bytes(max: 32)))
            case 4: settings = try RenderSettings(encoded: try field.bytes(max: 128))
            case 5: split = try field.uint32()
            case 6: formats = try field.uint32()
            case 7: level = try field.uint32()
            case 8: budget = try field.uint64()
            case 9: priceMax = try field.uint64()
            case 10: priority = try field.uint32()
            case 11: nonce = try field.bytes32()
            case 12: roundMax = try field.uint64()
            case 13: isUnmarked = try field.bool()
            default: throw .notCanonical
            }
        }
        guard let root, let settings, let nonce else { throw .missingField }
        guard let split = JobSplit(rawValue: split), let level = SecurityLevel(rawValue: level) else { throw .outOfBounds }
        var order = JobOrder(sceneRoot: root, sceneBytes: bytes, frames: ranges, settings: settings)
        order.split = split
        order.formats = PictureFormats(rawValue: formats)
        order.level = level
        order.budget = budget
        order.priceMax = priceMax
        order.priority = priority
        order.isMarked = !isUnmarked
        guard order.isValid else { throw .outOfBounds }
        self.init(order: order, nonce: nonce, roundMax: roundMax)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes(1, order.sceneRoot.bytes)
        writer.uint64(2, order.sceneBytes)
        for range in order.frames {
            writer.message(3) {
                $0.uint32(1, range.first)
                $0.uint32(2, range.last)
            }
        }
        writer.message(4) { order.settings.write(to: &$0) }
        writer.uint32(5, order.split.rawValue)
        writer.uint32(6, order.formats.rawValue)
        writer.uint32(7, order.level.rawValue)
        writer.uint64(8, order.budget)
        writer.uint64(9, order.priceMax)
        writer.uint32(10, order.priority)
        writer.bytes32(11, nonce)
        writer.uint64(12, roundMax)
        writer.bool(13, !order.isMarked)
    }
}

extension FrameRange {
    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        self.init(first: 0, last: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: first = try field.uint32()
            case 2: last = try field.uint32()
            default: throw .notCanonical
            }
        }
    }
}
