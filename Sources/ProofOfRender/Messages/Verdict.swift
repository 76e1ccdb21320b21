public import Identity
public import RenderModel
public import Wire

/// Why a Verifier gives no verdict on the work.
public enum CannotReason: UInt32, Hashable, Sendable, CaseIterable {
    case sceneUnavailable = 1
    case sceneTooLarge = 2
    case pictureUnavailable = 3
    case locatorsWithheld = 4
    case openingsWithheld = 5
    case engineFailed = 6
    case profileUnknown = 7
    case notAnchored = 8
    case draining = 9
    /// The sequential test wants more challenges than the offer has.
    case undecided = 10
    /// It was asked about the marks alone, and says what it saw of them.
    case marksOnly = 11
}

/// The Verifier's statement at the end of its duty, with everything it kept hidden.
public struct Verdict: RecordBody {
    public static let type = RecordType.verdict

    public enum Outcome: Hashable, Sendable {
        case accept
        case reject(RejectReason)
        case cannot(CannotReason)
    }

    public var job: RecordID
    public var task: UInt32
    public var attempt: UInt32
    public var duty: RecordID
    public var commitment: RecordID
    /// As far as they came.
    public var locators: RecordID?
    public var blind: RecordID?
    public var openings: RecordID?
    public var nonce: Bytes32
    public var salt: Bytes32
    /// Recomputed values in the order of their places; empty where the duty ended before.
    public var values: [RecordValue]
    public var outcome: Outcome
    /// Disputed verdicts of the duty whose mismatch this Verifier reproduced.
    public var reproduced: [RecordID]
    /// What was seen of the marks; nil where there were none, or the picture did not come.
    public var marks: MarkFigures?
    /// The Worker's trace of the record that differs, and the first sample in which it does; nil where the record stands as a whole.
    public var trace: RecordID?
    /// Counted from sample 0 of the frame; 0 without a trace.
    public var sample: UInt32 = 0

    public init(
        job: RecordID, task: UInt32, attempt: UInt32, duty: RecordID, commitment: RecordID, locators: RecordID? = nil,
        blind: RecordID? = nil, openings: RecordID? = nil, nonce: Bytes32, salt: Bytes32, values: [RecordValue] = [], outcome: Outcome,
        reproduced: [RecordID] = [], marks: MarkFigures? = nil
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.duty = duty
        self.commitment = commitment
        self.locators = locators
        self.blind = blind
        self.openings = openings
        self.nonce = nonce
        self.salt = salt
        self.values = values
        self.outcome = outcome
        self.reproduced = reproduced
        self.marks = marks
    }

    /// Floats are compared by their bits.
    public static func == (a: Verdict, b: Verdict) -> Bool { a.body == b.body }
}

extension Verdict {
    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job, duty, commitment, locators, blind, openings, nonce, salt, trace: Bytes32?
        var task, attempt, sample: UInt32
        (task, attempt, sample) = (0, 0, 0)
        var values: [RecordValue] = []
        var outcome: Outcome?
        var reproduced: [RecordID] = []
        var marks: MarkFigures?
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: task = try field.uint32()
            case 3: attempt = try field.uint32()
            case 4: duty = try field.bytes32()
            case 5: commitment = try field.bytes32()
            case 6: locators = try field.bytes32()
            case 7: blind = try field.bytes32()
            case 8: openings = try field.bytes32()
            case 9: nonce = try field.bytes32()
            case 10: salt = try field.bytes32()
            case 11: values = try RecordValue.unpacked(try field.bytes())
            case 12:
                guard outcome == nil, try field.bool() else { throw .notCanonical }
                outcome = .accept
            case 13:
                guard outcome == nil else { throw .notCanonical }
                outcome = .reject(try RejectReason(encoded: try field.bytes(max: 64)))
            case 14:
                guard outcome == nil, let reason = CannotReason(rawValue: try field.uint32()) else { throw .malformedField }
                outcome = .cannot(reason)
            case 15:
                guard reproduced.count < Duty.disputesMax else { throw .outOfBounds }
                reproduced.append(try field.bytes32())
            case 16: trace = try field.bytes32()
            case 17: sample = try field.uint32()
            case 18: marks = try MarkFigures(encoded: try field.bytes(max: 128))
            default: throw .notCanonical
            }
        }
        self.init(
            job: try job.required(), task: task, attempt: attempt, duty: try duty.required(), commitment: try commitment.required(),
            locators: locators, blind: blind, openings: openings, nonce: try nonce.required(), salt: try salt.required(),
            values: values, outcome: try outcome.required(), reproduced: reproduced, marks: marks)
        (self.trace, self.sample) = (trace, sample)
        guard trace != nil || sample == 0 else { throw .outOfBounds }
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, task)
        writer.uint32(3, attempt)
        writer.bytes32(4, duty)
        writer.bytes32(5, commitment)
        if let locators { writer.bytes32(6, locators) }
        if let blind { writer.bytes32(7, blind) }
        if let openings { writer.bytes32(8, openings) }
        writer.bytes32(9, nonce)
        writer.bytes32(10, salt)
        writer.bytes(11, RecordValue.packed(values))
        switch outcome {
        case .accept: writer.bool(12, true)
        case .reject(let reason): writer.message(13) { reason.write(to: &$0) }
        case .cannot(let reason): writer.uint32(14, reason.rawValue)
        }
        for id in reproduced { writer.bytes32(15, id) }
        if let trace { writer.bytes32(16, trace) }
        writer.uint32(17, sample)
        if let marks { writer.message(18) { marks.write(to: &$0) } }
    }
}
