import Testing

@testable import Ledger

@Suite struct WorkTests {
    @Test(
        arguments: [
            (0, 1_000_000, 0), (1_000_000_000, 1_000_000, 1_000_000), (999, 1_000_000, 0), (1_000, 1_000_000, 1),
            (UInt64.max, 1_000_000_000, UInt64.max),
        ] as [(UInt64, UInt64, UInt64)])
    func workIsRaysTimesCost(_ rays: UInt64, _ cost: UInt64, _ microIBM: UInt64) {
        #expect(Work(rays: rays, microIBMPerGigaray: cost)?.microIBM == microIBM)
    }

    @Test func whatDoesNotFitIsNil() {
        #expect(Work(rays: .max, microIBMPerGigaray: 1_000_000_001) == nil)
        #expect(Work(microIBM: .max).adding(Work(microIBM: 1)) == nil)
        #expect(Work(microIBM: .max).fee(pricePerIBM: 1_000_001) == nil)
        #expect(Work(microIBM: .max).fee(pricePerIBM: 1_000_000) == .max)
    }

    @Test func noWorkIsFree() {
        #expect(Work(microIBM: 1).fee(pricePerIBM: 1) == 1)
        #expect(Work(microIBM: 1_000_001).fee(pricePerIBM: 1) == 2)
        #expect(Work.zero.fee(pricePerIBM: 5) == 0)
    }

    @Test(arguments: [0, 1, 4, 5, 6, 99, 100, .max] as [UInt64])
    func aFeeIsSplitWithoutLoss(_ fee: UInt64) {
        let split = FeeSplit(fee: fee)
        #expect(split.burned + split.foundation == fee)
        #expect(split.burned == UInt64(fee.multipliedFullWidth(by: 4).low / 5) || fee > .max / 4)
        #expect(split.burned >= split.foundation || fee < 2)
    }
}
