public import Identity
public import RenderModel
public import Wire

/// The Verifier, who found a record that differs, asks for the sums after each of its samples.
public struct SampleQuestion: RecordBody {
    public static let type = RecordType.sampleQuestion

    public var duty: RecordID
    /// The openings that hold the record.
    public var openings: RecordID
    public var place: RecordPlace

    public init(duty: RecordID, openings: RecordID, place: RecordPlace) {
        self.duty = duty
        self.openings = openings
        self.place = place
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var duty, openings: Bytes32?
        var place = RecordPlace(x: 0, y: 0, bucket: 0)
        while let field = try reader.next() {
            switch field.number {
            case 1: duty = try field.bytes32()
            case 2: openings = try field.bytes32()
            case 3: place.x = try field.uint32()
            case 4: place.y = try field.uint32()
            case 5: place.bucket = try field.uint32()
            default: throw .notCanonical
            }
        }
        self.init(duty: try duty.required(), openings: try openings.required(), place: place)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.bytes32(2, openings)
        writer.uint32(3, place.x)
        writer.uint32(4, place.y)
        writer.uint32(5, place.bucket)
    }

    /// What the Worker renders to answer, one request per sample, each at `place`. Nil where the place is none that the duty opened: a
    /// Worker answers one question a duty, and none about anything else.
    public func requests(claim: Claim, located: LocatedPlaces) -> [RenderRequest]? {
        guard claim.rule.isExact, located.places.contains(place) else { return nil }
        return claim.renderRequest.prefixes(of: place)
    }
}

/// The Worker's answer: the record of the first sample, of the first two, and so on to the whole bucket.
public struct SampleTrace: RecordBody {
    public static let type = RecordType.sampleTrace

    public var question: RecordID
    /// 1 to 16: sums and counts of rays, each with those before.
    public var prefixes: [RecordValue]

    public init(question: RecordID, prefixes: [RecordValue]) {
        self.question = question
        self.prefixes = prefixes
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var question: Bytes32?
        var prefixes: [RecordValue] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: question = try field.bytes32()
            case 2: prefixes = try RecordValue.unpacked(try field.bytes(max: RecordValue.packedSize * Int(TileRecords.bucketSamples)))
            default: throw .notCanonical
            }
        }
        guard !prefixes.isEmpty else { throw .missingField }
        self.init(question: try question.required(), prefixes: prefixes)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, question)
        writer.bytes(2, RecordValue.packed(prefixes))
    }

    /// Floats are compared by their bits.
    public static func == (a: SampleTrace, b: SampleTrace) -> Bool { a.body == b.body }

    /// True where it has a step per sample, ends in the record that was opened, and no step has rays that no sample has. A Worker that
    /// answers otherwise gains nothing: the record stands against it as it is.
    public func fits(_ claimed: RecordValue, samples: Int) -> Bool {
        guard prefixes.count == samples, let last = prefixes.last, last.isIdentical(to: claimed) else { return false }
        var before = 0
        for prefix in prefixes {
            guard (1...RecordGrid.raysPerSampleMax).contains(Int(prefix.rays) - before) else { return false }
            before = Int(prefix.rays)
        }
        return true
    }
}

extension RenderRequest {
    /// One request per sample of a place's bucket, each ending one sample later: at `place` they give the record as it grows. Empty where
    /// the request does not hold the bucket.
    public func prefixes(of place: RecordPlace) -> [RenderRequest] {
        let (first, overflow) = place.bucket.multipliedReportingOverflow(by: TileRecords.bucketSamples)
        guard !overflow, samples.contains(first) else { return [] }
        let end = min(samples.upperBound - first, TileRecords.bucketSamples)
        return (1...end).map { count in
            var request = self
            request.samples = first..<first + count
            return request
        }
    }
}
