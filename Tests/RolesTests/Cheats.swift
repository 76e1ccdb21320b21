import ProofOfRender
import RenderModel
import Wire

@testable import Roles

/// What dishonest Workers commit to. All of them know the protocol and keep to its form.
enum Cheats {
    private static func conduct(_ alter: @escaping @Sendable (Offer, inout TileRecords) -> Void) -> WorkerConduct {
        WorkerConduct { offer, _, records in
            var records = records
            alter(offer, &records)
            return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
        }
    }

    /// Renders the first bucket only, and copies it into the others.
    static let fewerSamples = conduct { _, records in
        for pixel in 0..<records.rays.count / records.bucketCount {
            for bucket in 1..<records.bucketCount {
                let (from, to) = (pixel * records.bucketCount, pixel * records.bucketCount + bucket)
                records.rays[to] = records.rays[from]
                for channel in 0..<3 { records.sums[to * 3 + channel] = records.sums[from * 3 + channel] }
            }
        }
    }

    /// Renders the upper half, and copies it into the lower one.
    static let copiedHalf = conduct { _, records in
        let half = records.rays.count / 2
        for index in half..<records.rays.count {
            records.rays[index] = records.rays[index - half]
            for channel in 0..<3 { records.sums[index * 3 + channel] = records.sums[(index - half) * 3 + channel] }
        }
    }

    /// Delivers what another Worker rendered for another offer.
    static let anothersResult = WorkerConduct { offer, _, _ in
        var request = offer.renderRequest(offer: .zero)
        request.rngKey = 42
        let records = FakeEngine.render(request)
        return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
    }

    /// Claims three times the rays.
    static let inflatedRays = conduct { _, records in
        for index in records.rays.indices { records.rays[index] = min(16 * 128, records.rays[index] * 3) }
    }

    /// Claims more rays than any sample can trace.
    static let impossibleRays = conduct { _, records in
        for index in records.rays.indices { records.rays[index] = 16 * 128 + 1 }
    }

    /// Renders honestly, and delivers another picture.
    static let alteredPicture = WorkerConduct { _, _, records in
        var altered = records
        for index in altered.sums.indices { altered.sums[index] += 1 }
        return RawPicture(records: altered).map { WorkResult(records: records, picture: $0) }
    }

    /// Brightens one bucket of every pixel.
    static let alteredBucket = conduct { _, records in
        for pixel in 0..<records.rays.count / records.bucketCount { records.sums[pixel * records.bucketCount * 3] += 0.5 }
    }

    /// The same, with traces that end in what it committed to: the change is in the last sample.
    static let alteredBucketWithTraces = WorkerConduct(
        trace: { claimed, rendered in rendered.dropLast() + [claimed] }, result: alteredBucket.result)

    /// Commits honestly, and answers no challenge.
    static let silentProver = WorkerConduct(answersChallenges: false, result: WorkerConduct.honest.result)
    /// Takes the offer, and never says a word about it.
    static let silentWorker = WorkerConduct(reportsProgress: false) { _, _, _ in nil }

    static let all: [(name: String, conduct: WorkerConduct)] = [
        ("fewer samples", fewerSamples), ("copied half", copiedHalf), ("another's result", anothersResult), ("inflated rays", inflatedRays),
        ("impossible rays", impossibleRays), ("altered picture", alteredPicture), ("altered bucket", alteredBucket),
    ]
}
