import CRenderKernels
import Glibc
import Testing

/// Philox and the elementary functions of the kernels.
@Suite struct KernelFunctionTests {
    /// Vectors published with the generator: Random123, kat_vectors, philox4x32 with 10 rounds.
    @Test func philoxGivesThePublishedNumbers() {
        let vectors: [(counter: [UInt32], key: [UInt32], result: [UInt32])] = [
            ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (
                [.max, .max, .max, .max], [.max, .max], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
            ),
            (
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
            ),
        ]
        for vector in vectors {
            var out = [UInt32](repeating: 0, count: 4)
            rk_test_philox(vector.counter, vector.key, &out)
            #expect(out == vector.result)
        }
    }

    /// Distance in units of the last place of the correctly rounded result.
    private func ulps(_ value: Float, _ exact: Double) -> Double {
        let rounded = Float(exact)
        if value == rounded || (value.isNaN && rounded.isNaN) { return 0 }
        guard value.isFinite, rounded.isFinite else { return .infinity }
        return abs(Double(value) - exact) / Double(max(rounded.magnitude, .leastNormalMagnitude).ulp)
    }

    private func worst(_ function: UInt32, from low: Float, to high: Float, y: Float = 0, _ exact: (Double) -> Double) -> Double {
        var worst = 0.0
        let count = 200_000
        for k in 0...count {
            let x = low + (high - low) * (Float(k) / Float(count))
            worst = max(worst, ulps(rk_test_function(function, x, y), exact(Double(x))))
        }
        return worst
    }

    @Test func sineAndCosineAreCloseToExact() {
        // Near a zero far from the origin the last place is tiny: there the error is absolute.
        for (function, exact) in [(UInt32(0), sin), (1, cos)] as [(UInt32, (Double) -> Double)] {
            #expect(worst(function, from: -0.7, to: 0.7, exact) <= 2)
            var absolute = 0.0
            for k in -200_000...200_000 {
                let x = Float(k) * 0.005
                absolute = max(absolute, abs(Double(rk_test_function(function, x, 0)) - exact(Double(x))))
            }
            #expect(absolute <= 1.2e-7)
        }
    }

    @Test func exponentialAndLogarithmAreCloseToExact() {
        #expect(worst(2, from: -87, to: 88, exp) <= 2)
        #expect(worst(3, from: 1e-6, to: 4, log) <= 2)
        #expect(worst(3, from: 1, to: 1e30, log) <= 2)
        #expect(rk_test_function(2, -200, 0) == 0)
        #expect(rk_test_function(2, 100, 0) == .infinity)
        #expect(rk_test_function(3, 0, 0) == -.infinity)
        #expect(rk_test_function(3, -1, 0).isNaN)
        #expect(ulps(rk_test_function(3, Float.leastNonzeroMagnitude, 0), log(Double(Float.leastNonzeroMagnitude))) <= 2)
    }

    /// The exponent magnifies the logarithm's rounding: the bound grows with |y·ln x|.
    @Test func powersAreCloseToExact() {
        for y in [Float(0.5), 2.4, -3, 20] {
            for k in 1...50_000 {
                let x = Float(k) * 0.0002
                let exact = pow(Double(x), Double(y))
                guard exact < 1e38, exact > 1e-37 else { continue }
                let bound = 2 + 2 * abs(Double(y) * log(Double(x)))
                #expect(ulps(rk_test_function(4, x, y), exact) <= bound, "\(x)^\(y)")
            }
        }
        #expect(rk_test_function(4, 0, 0) == 1)
        #expect(rk_test_function(4, 0, 2) == 0)
    }

    @Test func anglesAreCloseToExact() {
        for k in 0..<200_000 {
            let angle = Double(k) / 200_000 * 2 * Double.pi
            let (x, y) = (Float(cos(angle) * 3), Float(sin(angle) * 3))
            #expect(ulps(rk_test_function(5, y, x), atan2(Double(y), Double(x))) <= 3, "\(y), \(x)")
        }
        #expect(rk_test_function(5, 0, 0) == 0)
        #expect(worst(6, from: -1, to: 0.9, acos) <= 4)
    }
}
