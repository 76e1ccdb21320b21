import Foundation
import ProofOfRender
import RenderModel
import Testing

@testable import AttackLab

/// Every attack of the laboratory at small scale. `make attacks` counts the rates at full scale.
@Suite("Attacks") struct AttackTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test(arguments: Attack.allCases)
    func isCaughtAsOftenAsItHasToBe(_ attack: Attack) throws {
        let laboratory = try Laboratory(scene: "\(AttackTests.root)/scenes/cornell_ggx.glb")
        let rates = try attack.rates(laboratory, TrialPlan(scale: .small))
        #expect(!rates.isEmpty)
        for rate in rates { #expect(rate.isRight, "\(rate.row)") }
    }

    @Test func honestWorkIsAccepted() throws {
        for (size, samples) in [(32, 32), (13, 17), (8, 16)] as [(UInt32, UInt32)] {
            let laboratory = try Laboratory(scene: "\(AttackTests.root)/scenes/cornell_ggx.glb", size: size, samples: samples)
            for trial in 0..<4 as Range<UInt64> {
                #expect(try laboratory.verdict(on: Work(records: laboratory.honest), laboratory.offer, trial: trial) == .accept)
            }
        }
    }
}

@Suite("Honest campaign") struct HonestCampaignTests {
    /// `.ci/honest` hears tasks like these over several builds of the kernels.
    @Test func tasksAreValidOffersOfManyShapes() {
        let offers = (0..<400 as Range<UInt64>).map { HonestTask(number: $0, hearing: Hearing()).offer }
        #expect(offers.allSatisfy { $0.isValid })
        #expect(Set(offers.map(\.tile)).count > 200)
        #expect(offers.contains { $0.tile.x > 0 } && offers.contains { $0.samples.lowerBound > 0 })
        #expect(offers.filter { !$0.samples.count.isMultiple(of: 16) }.count > 100)
    }

    @Test func everyPairOfBuildsIsHeardOfButNoneWithItself() {
        let pairs = HonestCampaign(builds: ["a", "b", "c"]).pairs
        #expect(pairs.count == 6)
        for (worker, verifier) in pairs { #expect(worker != verifier) }
    }
}

@Suite("Binomial intervals") struct BinomialTests {
    /// Clopper and Pearson at 95 %: 0 of 10 and 5 of 10.
    @Test func intervalsAreExact() {
        let none = Binomial(trials: 10).interval(0, confidence: 0.95)
        #expect(none.lowerBound == 0 && abs(none.upperBound - 0.308_497) < 1e-6)
        let half = Binomial(trials: 10).interval(5, confidence: 0.95)
        #expect(abs(half.lowerBound - 0.187_086) < 1e-6 && abs(half.upperBound - 0.812_914) < 1e-6)
    }

    @Test func distributionAddsUp() {
        // By hand: 1 + 4 + 6 of 16.
        #expect(abs(Binomial(trials: 4).cumulative(2, 0.5) - 11.0 / 16) < 1e-12)
        #expect(Binomial(trials: 4).cumulative(4, 0.5) == 1)
        #expect(Binomial(trials: 4).cumulative(-1, 0.5) == 0)
        let many = Binomial(trials: 10_000_000)
        #expect(abs(many.cumulative(10_000_000 - 9, 1 - 8e-7) - 0.407_453) < 1e-4)
        #expect(Binomial(trials: 300).expected(1, confidence: 0.999) == 300...300)
    }
}
