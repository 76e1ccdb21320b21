public import RenderModel
internal import Wire

/// Why a commitment is rejected. Each names what anybody can check again from the signed records; only a mismatch of values needs
/// a recomputation, of one place.
public enum RejectReason: Hashable, Sendable {
    /// The total lies outside what the task's samples can cost.
    case impossibleTotal
    /// Not one locator per challenge, or one of the wrong size or outside the task.
    case malformedLocators(challenge: UInt32)
    /// The path does not lead to the committed root.
    case badPath(challenge: UInt32)
    /// The sums on the path do not give the committed total.
    case badSum(challenge: UInt32)
    /// The ray asked for lies in another leaf.
    case wrongLeaf(challenge: UInt32)
    /// A record with fewer rays than samples.
    case rayCountTooLow(RecordPlace)
    /// A record with more rays than its samples can trace.
    case rayCountTooHigh(RecordPlace)
    /// A count outside the tile; `block` is a number in the full frame.
    case raysOutsideTile(block: UInt32, bucket: UInt32)
    /// Not the values of every located leaf.
    case malformedOpenings
    /// Values that do not hash to what the leaf holds.
    case wrongOpening(block: UInt32, bucket: UInt32)
    /// The recomputed ray count differs.
    case rayCountMismatch(RecordPlace)
    /// The recomputed sums differ.
    case valueMismatch(RecordPlace)
    /// The result under its CID has the wrong size.
    case wrongImageSize
    /// The result under its CID has another hash than the commitment states.
    case wrongImageHash
    /// The delivered pixel is not what its records add up to.
    case pictureMismatch(x: UInt32, y: UInt32)
    /// More challenged rays or pixels differ beyond the tolerance than chance explains. Only without a common profile.
    case toleranceExceeded(rays: UInt32, pixels: UInt32)

    /// True where showing it takes a render: of its place, or of all places.
    public var needsRecomputation: Bool { disputedPlace != nil || restsOnAllPlaces }

    /// True where all challenged places decide together. Two renders need not count the same number of mismatches.
    public var restsOnAllPlaces: Bool {
        if case .toleranceExceeded = self { return true }
        return false
    }

    /// The place that decides, where a render does.
    public var disputedPlace: RecordPlace? {
        switch self {
        case .rayCountMismatch(let place), .valueMismatch(let place): place
        default: nil
        }
    }
}

extension RejectReason {
    /// Number, then up to three operands.
    private var parts: (code: UInt32, a: UInt32, b: UInt32, c: UInt32) {
        switch self {
        case .impossibleTotal: (1, 0, 0, 0)
        case .malformedLocators(let challenge): (2, challenge, 0, 0)
        case .badPath(let challenge): (3, challenge, 0, 0)
        case .badSum(let challenge): (4, challenge, 0, 0)
        case .wrongLeaf(let challenge): (5, challenge, 0, 0)
        case .rayCountTooLow(let place): (6, place.x, place.y, place.bucket)
        case .rayCountTooHigh(let place): (7, place.x, place.y, place.bucket)
        case .raysOutsideTile(let block, let bucket): (8, block, bucket, 0)
        case .malformedOpenings: (9, 0, 0, 0)
        case .wrongOpening(let block, let bucket): (10, block, bucket, 0)
        case .rayCountMismatch(let place): (11, place.x, place.y, place.bucket)
        case .valueMismatch(let place): (12, place.x, place.y, place.bucket)
        case .wrongImageSize: (13, 0, 0, 0)
        case .wrongImageHash: (14, 0, 0, 0)
        case .pictureMismatch(let x, let y): (15, x, y, 0)
        case .toleranceExceeded(let rays, let pixels): (16, rays, pixels, 0)
        }
    }

    /// Protobuf `RejectReason` of `docs/protocols/proof.proto`.
    func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, parts.code)
        writer.uint32(2, parts.a)
        writer.uint32(3, parts.b)
        writer.uint32(4, parts.c)
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var (code, a, b, c): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: code = try field.uint32()
            case 2: a = try field.uint32()
            case 3: b = try field.uint32()
            case 4: c = try field.uint32()
            default: throw .notCanonical
            }
        }
        let place = RecordPlace(x: a, y: b, bucket: c)
        switch code {
        case 1: self = .impossibleTotal
        case 2: self = .malformedLocators(challenge: a)
        case 3: self = .badPath(challenge: a)
        case 4: self = .badSum(challenge: a)
        case 5: self = .wrongLeaf(challenge: a)
        case 6: self = .rayCountTooLow(place)
        case 7: self = .rayCountTooHigh(place)
        case 8: self = .raysOutsideTile(block: a, bucket: b)
        case 9: self = .malformedOpenings
        case 10: self = .wrongOpening(block: a, bucket: b)
        case 11: self = .rayCountMismatch(place)
        case 12: self = .valueMismatch(place)
        case 13: self = .wrongImageSize
        case 14: self = .wrongImageHash
        case 15: self = .pictureMismatch(x: a, y: b)
        case 16: self = .toleranceExceeded(rays: a, pixels: b)
        default: throw .malformedField
        }
    }
}
