public import Identity
public import ProofOfRender
public import Wire

/// Requests on `/verify/1`, between a Manager, the Verifiers that it drew, and the Worker whose result they check.
public enum VerifyCall: FrameMessage {
    /// Manager to Verifier. Answered with a `DutyAccept` or a `DutyDecline`.
    case duty(DutyPackage)
    /// Verifier to Manager: a `Challenge`. Answered with the Worker's `Locators`, or `pending`.
    case challenge(Record)
    /// Manager to Worker, on behalf of a Verifier. Answered with `Locators`.
    case locate(ChallengePackage)
    /// Verifier to Manager: a `Blind`. Answered with the Worker's `Openings`, or `pending`.
    case blind(Record)
    /// Manager to Worker, with the id of the offer: the same `Blind`, once every duty of the attempt is blinded or lapsed. Answered with `Openings`.
    case open(offer: RecordID, Record)
    /// Verifier to Manager: a `Verdict`. Answered with `acknowledged`.
    case verdict(Record)
    /// Verifier to Manager: the records behind a disputed verdict. Answered with the records of an `EvidencePackage`.
    case evidence(duty: RecordID, verdict: RecordID)
    /// Verifier to Manager: a `SampleQuestion`. Answered with the Worker's `SampleTrace`, or `pending`.
    case question(Record)
    /// Manager to Worker, with the id of the offer: the same question. Answered with a `SampleTrace`, or `pending` while it is rendered.
    case trace(offer: RecordID, Record)

    public var frame: Frame {
        switch self {
        case .duty(let package): Frame(kind: 1, records: package.records, payload: package.payload)
        case .challenge(let record): Frame(kind: 2, records: [record])
        case .locate(let package): Frame(kind: 3, records: package.records)
        case .blind(let record): Frame(kind: 4, records: [record])
        case .open(let offer, let record): Frame(kind: 5, records: [record], payload: offer.array)
        case .verdict(let record): Frame(kind: 6, records: [record])
        case .evidence(let duty, let verdict): Frame(kind: 7, payload: duty.array + verdict.array)
        case .question(let record): Frame(kind: 8, records: [record])
        case .trace(let offer, let record): Frame(kind: 9, records: [record], payload: offer.array)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .duty(try DutyPackage(records: frame.records, payload: frame.payload))
        case 2: self = .challenge(try frame.single())
        case 3: self = .locate(try ChallengePackage(records: frame.records))
        case 4: self = .blind(try frame.single())
        case 5:
            guard let offer = Bytes32(frame.payload) else { throw .truncated }
            self = .open(offer: offer, try frame.single())
        case 6: self = .verdict(try frame.single())
        case 7:
            guard let duty = Bytes32(frame.payload.prefix(32)), let verdict = Bytes32(frame.payload.dropFirst(32)) else {
                throw .truncated
            }
            self = .evidence(duty: duty, verdict: verdict)
        case 8: self = .question(try frame.single())
        case 9:
            guard let offer = Bytes32(frame.payload) else { throw .truncated }
            self = .trace(offer: offer, try frame.single())
        default: throw .malformedField
        }
    }
}

/// A duty and everything that shows a Verifier that it was drawn for a result that was fixed before.
public struct DutyPackage: Sendable {
    public var duty: Record
    public var offer: Record
    public var commitment: Record
    /// Of the commitment, in the round whose output drew the Verifier.
    public var anchor: Anchor
    /// What opens the offer's mark commitment for this Verifier; the duty names its hash.
    public var marks: MarkOpening?

    public init(duty: Record, offer: Record, commitment: Record, anchor: Anchor, marks: MarkOpening? = nil) {
        self.duty = duty
        self.offer = offer
        self.commitment = commitment
        self.anchor = anchor
        self.marks = marks
    }

    var records: [Record] { [duty, offer, commitment] }

    var payload: [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { anchor.write(to: &$0) }
        if let marks { writer.alwaysBytes(2, marks.encoded) }
        return writer.bytes
    }

    init(records: [Record], payload: [UInt8]) throws(WireError) {
        guard records.count == 3 else { throw .missingField }
        var reader = ProtobufReader(payload, canonical: true)
        var anchor: Anchor?
        var marks: MarkOpening?
        while let field = try reader.next() {
            switch field.number {
            case 1: anchor = try Anchor(encoded: try field.bytes())
            case 2: marks = try MarkOpening(encoded: try field.bytes())
            default: throw .notCanonical
            }
        }
        guard let anchor else { throw .missingField }
        self.init(duty: records[0], offer: records[1], commitment: records[2], anchor: anchor, marks: marks)
    }
}

/// A challenge and what shows the Worker that a duty stands behind it.
public struct ChallengePackage: Sendable {
    public var duty: Record
    public var accept: Record
    public var beacon: Record
    public var challenge: Record

    public init(duty: Record, accept: Record, beacon: Record, challenge: Record) {
        self.duty = duty
        self.accept = accept
        self.beacon = beacon
        self.challenge = challenge
    }

    var records: [Record] { [duty, accept, beacon, challenge] }

    init(records: [Record]) throws(WireError) {
        guard records.count == 4 else { throw .missingField }
        self.init(duty: records[0], accept: records[1], beacon: records[2], challenge: records[3])
    }
}

/// The records behind a verdict that rejects.
public struct EvidencePackage: Sendable {
    public var duty: Record
    public var beacon: Record
    public var verdict: Record
    /// As far as the Worker answered.
    public var locators: Record?
    public var openings: Record?

    public init(duty: Record, beacon: Record, verdict: Record, locators: Record?, openings: Record?) {
        self.duty = duty
        self.beacon = beacon
        self.verdict = verdict
        self.locators = locators
        self.openings = openings
    }

    public var records: [Record] { [duty, beacon, verdict] + [locators, openings].compactMap { $0 } }

    /// Throws where one of the first three is missing or there is a record of another type.
    public init(records: [Record]) throws(WireError) {
        var found: [RecordType: Record] = [:]
        for record in records { found[record.type] = record }
        guard let duty = found[.duty], let beacon = found[.beacon], let verdict = found[.verdict], found.count <= 5 else {
            throw .missingField
        }
        self.init(duty: duty, beacon: beacon, verdict: verdict, locators: found[.locators], openings: found[.openings])
    }
}
