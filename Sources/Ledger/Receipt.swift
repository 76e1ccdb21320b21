public import Crypto
public import Identity
internal import ProofOfRender
public import Wire

/// What an accepted attempt earned, worked out from the signed records alone: anybody who has them gets the same receipt.
public struct Receipt: Hashable, Sendable {
    public let job: RecordID
    public let task: UInt32
    public let attempt: UInt32
    public let worker: Bytes32
    /// Authors of the verdicts that the decision cites, in its order.
    public let verifiers: [Bytes32]
    /// Author of the decision.
    public let manager: Bytes32
    public let rays: UInt64
    public let work: Work
    /// What the client pays, in the smallest units of credit.
    public let fee: UInt64
}

/// Why records give no receipt.
public enum ReceiptFailure: Error, Hashable, Sendable {
    case malformed(WireError)
    case badSignature
    /// The decision is not the author's of the offer, or its author is no Manager.
    case wrongAuthor
    /// The attempt did not end accepted.
    case notAccepted
    /// The records are not of one attempt, or do not cite each other.
    case wrongCitation
    /// Fewer verdicts than the job's level asks for, one that does not accept, or two of one Verifier.
    case noQuorum
    /// Work or fee do not fit.
    case overflow
}

extension Receipt {
    /// - Parameters:
    ///   - verdicts: at least those that `end` cites, in any order.
    ///   - isManager: whose decisions count.
    public static func derive(
        offer: Record, commitment: Record, verdicts: [Record], end: Record, with signing: Signing, network: NetworkID,
        isManager: (Bytes32) -> Bool
    ) throws(ReceiptFailure) -> Receipt {
        for record in [offer, commitment, end] + verdicts where !record.verify(with: signing, network: network) { throw .badSignature }
        guard end.author == offer.author, isManager(end.author) else { throw .wrongAuthor }
        let bodies: (offer: Offer, commitment: Commitment, end: AttemptEnd)
        do throws(WireError) {
            bodies = (try offer.decoded(), try commitment.decoded(), try end.decoded())
        } catch {
            throw .malformed(error)
        }
        guard case .accepted(let commitmentID, let cited) = bodies.end.outcome else { throw .notAccepted }
        let offerID = offer.id(network: network)
        guard
            bodies.end.job == bodies.offer.job, bodies.end.task == bodies.offer.task, bodies.end.attempt == bodies.offer.attempt,
            bodies.end.offer == offerID, bodies.commitment.offer == offerID, commitment.id(network: network) == commitmentID,
            commitment.author == bodies.offer.worker
        else { throw .wrongCitation }
        let verifiers = try authors(of: cited, among: verdicts, on: commitmentID, offer: bodies.offer, network: network)
        guard
            let work = Work(rays: bodies.commitment.totalRays, microIBMPerGigaray: bodies.offer.microIBMPerGigaray),
            let fee = work.fee(pricePerIBM: bodies.offer.pricePerIBM)
        else { throw .overflow }
        return Receipt(
            job: bodies.offer.job, task: bodies.offer.task, attempt: bodies.offer.attempt, worker: bodies.offer.worker,
            verifiers: verifiers, manager: end.author, rays: bodies.commitment.totalRays, work: work, fee: fee)
    }

    private static func authors(
        of cited: [RecordID], among verdicts: [Record], on commitment: RecordID, offer: Offer, network: NetworkID
    ) throws(ReceiptFailure) -> [Bytes32] {
        var byID: [RecordID: Record] = [:]
        for record in verdicts { byID[record.id(network: network)] = record }
        var authors: [Bytes32] = []
        for id in cited {
            guard let record = byID[id] else { throw .noQuorum }
            let verdict: Verdict
            do throws(WireError) { verdict = try record.decoded() } catch { throw .malformed(error) }
            guard
                verdict.job == offer.job, verdict.task == offer.task, verdict.attempt == offer.attempt, verdict.commitment == commitment
            else { throw .wrongCitation }
            guard verdict.outcome == .accept, record.author != offer.worker, !authors.contains(record.author) else { throw .noQuorum }
            authors.append(record.author)
        }
        guard authors.count >= offer.level.verifiers else { throw .noQuorum }
        return authors
    }
}
