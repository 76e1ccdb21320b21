import ArgumentParser
import Crypto
import ProofOfRender
import RenderModel
import Roles
import Wire

/// Ways to be paid for verdicts that nobody worked for.
enum FalseVerdicts: String, ExpressibleByArgument, CaseIterable {
    /// Renders nothing and accepts everything.
    case lazy
    /// Knows from its accomplice what that puts into each bucket: the first quarter of the samples. It hides these values before it can
    /// have seen them, and accepts. Others it verifies honestly.
    case colluding

    func conduct(accomplice: Bytes32?) -> VerifierConduct {
        switch self {
        case .lazy:
            VerifierConduct(
                values: { _, values in values.map { _ in RecordValue(sums: .zero, rays: 16) } }, accepts: { _ in true })
        case .colluding:
            VerifierConduct(
                places: { offer, places in
                    guard offer.worker == accomplice else { return places }
                    let quarter = max(1, ((UInt32(offer.samples.count) + 15) / 16) / 4)
                    return places.map { RecordPlace(x: $0.x, y: $0.y, bucket: $0.bucket % quarter) }
                }, accepts: { $0.worker == accomplice })
        }
    }
}
