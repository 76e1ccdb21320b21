/// What a receipt mints: Worker 30, Verifiers 6, Manager 1 of 37 parts.
///
/// The emission is a whole multiple of 37 units per µIBM, so the parts are exact; what the Verifiers' six parts leave when they
/// are shared goes to the lowest rank.
public struct Reward: Hashable, Sendable {
    public let worker: UInt64
    /// In the order of the receipt's Verifiers.
    public let verifiers: [UInt64]
    public let manager: UInt64

    public static let parts: UInt64 = 37

    /// - Parameter emission: units per µIBM, a multiple of 37. Nil where it is not one, nobody verified, or a part does not fit.
    public init?(_ receipt: Receipt, emission: UInt64) {
        guard emission.isMultiple(of: Reward.parts), !receipt.verifiers.isEmpty else { return nil }
        let (part, overflow) = receipt.work.microIBM.multipliedReportingOverflow(by: emission / Reward.parts)
        let (worker, workerOverflow) = part.multipliedReportingOverflow(by: 30)
        let (shared, sharedOverflow) = part.multipliedReportingOverflow(by: 6)
        guard !overflow, !workerOverflow, !sharedOverflow, part <= UInt64.max / Reward.parts else { return nil }
        let (each, rest) = shared.quotientAndRemainder(dividingBy: UInt64(receipt.verifiers.count))
        self.worker = worker
        manager = part
        verifiers = receipt.verifiers.indices.map { each + ($0 == 0 ? rest : 0) }
    }

    /// All that is minted.
    public var total: UInt64 { worker + manager + verifiers.reduce(0, +) }
}
