import Crypto
import Identity
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Ledger

/// The records of one accepted attempt, each of which a test may change before it is signed.
private struct Records {
    static let network = NetworkID(Hash.blake2b(Array("ledger-tests".utf8)))

    static func signer(_ name: String) -> Signing { .ed25519(KeyPair(seed: Hash.blake2b(Array(name.utf8)))) }

    let manager = signer("manager")
    let worker = signer("worker")
    var verifiers = [signer("verifier 0"), signer("verifier 1")]
    var outcomes: [Verdict.Outcome] = [.accept, .accept]
    var attemptOfEnd: UInt32 = 3
    var price: UInt64 = 2_000_000
    var citesAll = true

    func derive(isManager: (Bytes32) -> Bool = { _ in true }) throws(ReceiptFailure) -> Receipt {
        let job = Hash.blake2b([1])
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (16, 16, 16)
        let offer = Offer(
            job: job, task: 2, attempt: 3, cause: job, worker: worker.publicKey, sceneRoot: Hash.cid(of: [1]), settings: settings, frame: 1,
            tile: Tile(x: 0, y: 0, width: 16, height: 16), samples: 0..<16, jobSeed: 7, profile: .zero, pricePerIBM: price,
            microIBMPerGigaray: 500_000_000, deadlineRound: 9
        ).signed(by: manager, network: Records.network)
        let offerID = offer.id(network: Records.network)
        let commitment = Commitment(
            offer: offerID, root: .zero, totalRays: 4_096, imageHash: .zero, result: Hash.cid(of: [2]), profile: .zero
        ).signed(by: worker, network: Records.network)
        let commitmentID = commitment.id(network: Records.network)
        let verdicts = zip(verifiers, outcomes).map { signer, outcome in
            Verdict(
                job: job, task: 2, attempt: 3, duty: Hash.blake2b(signer.publicKey.array), commitment: commitmentID, nonce: .zero,
                salt: .zero, outcome: outcome
            ).signed(by: signer, network: Records.network)
        }
        let cited = verdicts.map { $0.id(network: Records.network) }
        let end = AttemptEnd(
            job: job, task: 2, attempt: attemptOfEnd, term: 0, offer: offerID,
            outcome: .accepted(commitment: commitmentID, verdicts: citesAll ? cited : Array(cited.prefix(1)))
        ).signed(by: manager, network: Records.network)
        return try Receipt.derive(
            offer: offer, commitment: commitment, verdicts: verdicts, end: end, with: manager, network: Records.network,
            isManager: isManager)
    }
}

@Suite struct ReceiptTests {
    @Test func anAcceptedAttemptGivesItsReceipt() throws {
        let records = Records()
        let receipt = try records.derive { $0 == records.manager.publicKey }
        #expect(receipt.worker == records.worker.publicKey)
        #expect(receipt.verifiers == records.verifiers.map(\.publicKey))
        #expect(receipt.rays == 4_096 && receipt.work.microIBM == 2_048)
        #expect(receipt.fee == 4_096)
    }

    @Test func theRewardIsExact() throws {
        let receipt = try Records().derive()
        let reward = try #require(Reward(receipt, emission: 74))
        #expect(reward.total == 2_048 * 74)
        #expect(reward.worker == 2_048 * 60 && reward.manager == 4_096)
        #expect(reward.verifiers == [12_288, 12_288])
        #expect(Reward(receipt, emission: 38) == nil)
        #expect(Reward(receipt, emission: .max / 37 * 37) == nil)
    }

    @Test func nothingIsPaidWithoutItsQuorum() {
        var records = Records()
        records.outcomes[1] = .reject(.impossibleTotal)
        #expect(throws: ReceiptFailure.noQuorum) { try records.derive() }
        records = Records()
        records.citesAll = false
        #expect(throws: ReceiptFailure.noQuorum) { try records.derive() }
        records = Records()
        records.verifiers[1] = records.verifiers[0]
        #expect(throws: ReceiptFailure.noQuorum) { try records.derive() }
        records = Records()
        records.verifiers[1] = records.worker
        #expect(throws: ReceiptFailure.noQuorum) { try records.derive() }
    }

    @Test func recordsOfAnotherAttemptOrAuthorDoNotCount() {
        var records = Records()
        records.attemptOfEnd = 4
        #expect(throws: ReceiptFailure.wrongCitation) { try records.derive() }
        #expect(throws: ReceiptFailure.wrongAuthor) { try Records().derive { _ in false } }
        records = Records()
        records.price = .max
        #expect(throws: Never.self) { try records.derive() }
    }
}
