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
    /// Manager to Worker: the same `Blind`, once every duty of the attempt is blinded or lapsed. Answered with `Openings`.
    case open(Record)
    /// Verifier to Manager: a `Verdict`. Answered with `acknowledged`.
    case verdict(Record)
    /// Verifier to Manager: the records behind a disputed verdict. Answered with `Verdict`, `Locators`, `Openings`, as far as they are.
    case evidence(duty: RecordID, verdict: RecordID)

    public var frame: Frame {
        switch self {
        case .duty(let package): Frame(kind: 1, records: package.records, payload: package.anchor.encoded)
        case .challenge(let record): Frame(kind: 2, records: [record])
        case .locate(let package): Frame(kind: 3, records: package.records)
        case .blind(let record): Frame(kind: 4, records: [record])
        case .open(let record): Frame(kind: 5, records: [record])
        case .verdict(let record): Frame(kind: 6, records: [record])
        case .evidence(let duty, let verdict): Frame(kind: 7, payload: duty.array + verdict.array)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .duty(try DutyPackage(records: frame.records, anchor: frame.payload))
        case 2: self = .challenge(try frame.single())
        case 3: self = .locate(try ChallengePackage(records: frame.records))
        case 4: self = .blind(try frame.single())
        case 5: self = .open(try frame.single())
        case 6: self = .verdict(try frame.single())
        case 7:
            guard let duty = Bytes32(frame.payload.prefix(32)), let verdict = Bytes32(frame.payload.dropFirst(32)) else {
                throw .truncated
            }
            self = .evidence(duty: duty, verdict: verdict)
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

    public init(duty: Record, offer: Record, commitment: Record, anchor: Anchor) {
        self.duty = duty
        self.offer = offer
        self.commitment = commitment
        self.anchor = anchor
    }

    var records: [Record] { [duty, offer, commitment] }

    init(records: [Record], anchor: [UInt8]) throws(WireError) {
        guard records.count == 3 else { throw .missingField }
        self.init(duty: records[0], offer: records[1], commitment: records[2], anchor: try Anchor(encoded: anchor[...]))
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
