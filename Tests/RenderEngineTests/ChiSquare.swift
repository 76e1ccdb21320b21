/// Pearson's test of counted directions against a density, cell by cell.
struct ChiSquare {
    private(set) var statistic = 0.0
    private(set) var freedom = -1.0

    /// Six standard deviations of χ²; the integrals themselves are good to a small part of that.
    var holds: Bool { statistic < freedom + 6 * (2 * freedom).squareRoot() + 10 }

    /// - Parameter expected: mean count of a cell. Cells below ten are taken together.
    init(_ observed: [Double], expected: (_ cell: Int) -> Double) {
        var (rest, restExpected) = (0.0, 0.0)
        for (cell, count) in observed.enumerated() {
            let mean = expected(cell)
            if mean < 10 {
                rest += count
                restExpected += mean
            } else {
                statistic += (count - mean) * (count - mean) / mean
                freedom += 1
            }
        }
        if restExpected > 5 { statistic += (rest - restExpected) * (rest - restExpected) / restExpected }
    }
}
