internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import Wire

/// One Verifier's duty as the Manager sees it:
/// asked → accepted → challenged → located → blinded → opening → opened → revealed, or lapsed.
struct DutyState: Sendable {
    enum Stage: Int, Hashable, Comparable, Sendable {
        case asked = 0
        case accepted = 1
        /// The Worker is asked for locators.
        case challenged = 2
        case located = 3
        /// Waits until every live duty of the attempt is blinded.
        case blinded = 4
        /// The Worker is asked for openings.
        case opening = 5
        case opened = 6
        case revealed = 7
        /// Declined, silent, or unable.
        case lapsed = 8

        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    let verifier: Bytes32
    let body: Duty
    let id: RecordID
    let record: Record
    let beacon: Beacon
    let anchor: Anchor
    var stage: Stage = .asked
    var accept: Record?
    var nonceHash: Bytes32?
    var challenge: Record?
    var locators: Record?
    var blind: Record?
    var openings: Record?
    /// About a record that differed.
    var question: Record?
    var trace: Record?
    var verdict: Record?
    /// A call of the Verifier's whose answer is held back until it is there.
    var inbound: InboundID?

    /// The Verifier may still give a verdict.
    var isLive: Bool { stage < .revealed }
    /// A verdict on the work may still come.
    var isChecking: Bool { isLive && !body.marksOnly }
    /// Its values are not fixed yet, so nobody else may see the Worker's.
    var keepsOthersWaiting: Bool { isChecking && stage < .blinded }

    /// Checks a verdict against what this duty saw. Nil where it cites something else or reveals other values than it hid.
    func opened(_ record: Record, keys: RoleKeys) -> Verdict? {
        guard record.author == verifier, let verdict: Verdict = keys.open(record), verdict.duty == id else { return nil }
        guard verdict.commitment == body.commitment, verdict.job == body.job, verdict.task == body.task else { return nil }
        guard verdict.attempt == body.attempt, DutyAccept.hash(nonce: verdict.nonce) == nonceHash else { return nil }
        guard verdict.locators == nil || verdict.locators == locators.map(keys.id) else { return nil }
        guard verdict.openings == nil || verdict.openings == openings.map(keys.id) else { return nil }
        guard verdict.blind == nil || verdict.blind == blind.map(keys.id) else { return nil }
        guard verdict.trace == nil || verdict.trace == trace.map(keys.id) else { return nil }
        if let blind, verdict.blind != nil {
            guard let hidden = try? blind.decoded(as: Blind.self) else { return nil }
            let shown = Blind.hash(duty: id, verifier: verifier, values: verdict.values, salt: verdict.salt)
            guard hidden.hash == shown else { return nil }
        }
        if verdict.outcome == .accept {
            guard verdict.locators != nil, verdict.blind != nil, verdict.openings != nil else { return nil }
        }
        return verdict
    }

    /// The records for the proof; nil where there is no verdict.
    var transcript: ProofBundle.Transcript? {
        guard let accept, let verdict else { return nil }
        return ProofBundle.Transcript(
            duty: record, accept: accept, challenge: challenge, locators: locators, blind: blind, openings: openings, verdict: verdict,
            question: question, trace: trace)
    }
}
