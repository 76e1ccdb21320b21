internal import Wire

/// What a Verifier saw of the marks, as its verdict states it: L0 as published, L1 by both filters. It decides nothing by itself.
public struct MarkFigures: Hashable, Sendable {
    /// Marks of the task, and how many the published check finds.
    public var regions: UInt32
    public var regionsPassed: UInt32
    /// S and Student's t of the matched filter.
    public var score: Double
    public var steadiness: Double
    /// Windows of hidden marks, z, and the z that a picture with all of them would have.
    public var windows: UInt32
    public var hidden: Double
    public var hiddenExpected: Double
    /// L1.
    public var passes: Bool

    public init(_ finding: MarkFinding) {
        regions = UInt32(clamping: finding.laplacian.contrasts.count)
        regionsPassed = UInt32(clamping: finding.laplacian.regionsPassed)
        (score, steadiness) = (finding.filter.score, finding.filter.steadiness)
        windows = UInt32(clamping: finding.texture.windows)
        (hidden, hiddenExpected) = (finding.texture.z, finding.texture.expected)
        passes = finding.passes
    }

    /// Protobuf `MarkFigures` of `docs/protocols/proof.proto`.
    func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, regions)
        writer.uint32(2, regionsPassed)
        writer.fixed64(3, score.bitPattern)
        writer.fixed64(4, steadiness.bitPattern)
        writer.uint32(5, windows)
        writer.fixed64(6, hidden.bitPattern)
        writer.fixed64(7, hiddenExpected.bitPattern)
        writer.bool(8, passes)
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        (regions, regionsPassed, windows, passes) = (0, 0, 0, false)
        (score, steadiness, hidden, hiddenExpected) = (0, 0, 0, 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: regions = try field.uint32()
            case 2: regionsPassed = try field.uint32()
            case 3: score = Double(bitPattern: try field.fixed64())
            case 4: steadiness = Double(bitPattern: try field.fixed64())
            case 5: windows = try field.uint32()
            case 6: hidden = Double(bitPattern: try field.fixed64())
            case 7: hiddenExpected = Double(bitPattern: try field.fixed64())
            case 8: passes = try field.bool()
            default: throw .notCanonical
            }
        }
        guard [score, steadiness, hidden, hiddenExpected].allSatisfy(\.isFinite) else { throw .outOfBounds }
    }
}
