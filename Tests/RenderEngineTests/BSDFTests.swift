import CRenderKernels
import Glibc
import Testing

/// Physics of the surface model: reciprocity, energy, and sampling that follows its own density.
@Suite struct BSDFTests {
    struct Case {
        var name: String
        var input: RkBsdfInput
    }

    static func input(base: Float, f0: Float, f90: Float, metallic: Float, roughness: Float) -> RkBsdfInput {
        RkBsdfInput(
            base: (base, base, base), f0: (f0, f0, f0), f90: f90, metallic: metallic, alpha: max(roughness * roughness, 0.001))
    }

    static let cases = [
        Case(name: "lambert", input: input(base: 1, f0: 0, f90: 0, metallic: 0, roughness: 1)),
        Case(name: "plastic", input: input(base: 0.6, f0: 0.04, f90: 1, metallic: 0, roughness: 0.5)),
        Case(name: "rough metal", input: input(base: 0.9, f0: 0.04, f90: 1, metallic: 1, roughness: 0.8)),
        Case(name: "polished metal", input: input(base: 0.9, f0: 0.04, f90: 1, metallic: 1, roughness: 0.35)),
        Case(name: "mixed", input: input(base: 0.5, f0: 0.04, f90: 1, metallic: 0.5, roughness: 0.6)),
    ]

    static func direction(cosine: Float, turn: Float) -> [Float] {
        let sine = (1 - cosine * cosine).squareRoot()
        return [sine * cosf(turn), sine * sinf(turn), cosine]
    }

    static func evaluate(_ input: RkBsdfInput, _ wo: [Float], _ wi: [Float]) -> (f: Double, pdf: Double) {
        var input = input
        var f = [Float](repeating: 0, count: 3)
        var pdf: Float = 0
        rk_test_bsdf_evaluate(&input, wo, wi, &f, &pdf)
        return (Double(f[0]), Double(pdf))
    }

    @Test func reflectionIsReciprocal() {
        for test in BSDFTests.cases {
            for k in 0..<200 {
                let a = BSDFTests.direction(cosine: 0.05 + 0.9 * Float(k % 20) / 20, turn: Float(k))
                let b = BSDFTests.direction(cosine: 0.05 + 0.9 * Float(k % 17) / 17, turn: Float(k) * 2.3)
                let forth = BSDFTests.evaluate(test.input, a, b).f / Double(b[2])
                let back = BSDFTests.evaluate(test.input, b, a).f / Double(a[2])
                #expect(abs(forth - back) <= 1e-4 * max(forth, back), "\(test.name)")
            }
        }
    }

    /// The mean weight of samples is the albedo: at most 1, and exactly 1 for a white diffuse surface.
    @Test func noEnergyIsMade() {
        for test in BSDFTests.cases {
            for cosine in [Float(0.1), 0.4, 0.7, 1] {
                var input = test.input
                let wo = BSDFTests.direction(cosine: cosine, turn: 0.3)
                var sum = 0.0
                let count = 40_000
                for k in 0..<count {
                    let random = BSDFTests.numbers(k)
                    var (weight, wi, pdf) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), Float(0))
                    rk_test_bsdf_sample(&input, wo, random, &weight, &wi, &pdf)
                    sum += Double(weight[0])
                }
                let albedo = sum / Double(count)
                #expect(albedo <= 1.005, "\(test.name) at \(cosine): \(albedo)")
                if test.name == "lambert" { #expect(abs(albedo - 1) < 1e-4) }
                if test.name == "polished metal", cosine > 0.3 { #expect(albedo > 0.8) }
            }
        }
    }

    static func numbers(_ k: Int) -> [Float] {
        var out = [UInt32](repeating: 0, count: 4)
        rk_test_philox([UInt32(k), 1, 2, 3], [4, 5], &out)
        return out.prefix(3).map { Float($0 >> 8) * 0x1p-24 }
    }

    /// χ²: samples fall into cells of the hemisphere as the density says.
    @Test func samplesFollowTheirDensity() {
        let (rows, columns, count) = (10, 20, 200_000)
        for test in BSDFTests.cases {
            for cosine in [Float(0.25), 0.8] {
                var input = test.input
                let wo = BSDFTests.direction(cosine: cosine, turn: 1.1)
                var observed = [Double](repeating: 0, count: rows * columns)
                for k in 0..<count {
                    var (weight, wi, pdf) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), Float(0))
                    rk_test_bsdf_sample(&input, wo, BSDFTests.numbers(k), &weight, &wi, &pdf)
                    guard pdf > 0 else { continue }
                    let turn = atan2(Double(wi[1]), Double(wi[0])) / (2 * .pi) + 0.5
                    let row = min(rows - 1, Int(Double(wi[2]) * Double(rows)))
                    observed[row * columns + min(columns - 1, Int(turn * Double(columns)))] += 1
                }
                let chi = ChiSquare(observed) { BSDFTests.integral(input, wo, $0, rows, columns) * Double(count) }
                #expect(chi.holds, "\(test.name) at \(cosine): \(chi)")
            }
        }
    }

    /// The density over one cell in (cos θ, φ), by the midpoint rule.
    static func integral(_ input: RkBsdfInput, _ wo: [Float], _ cell: Int, _ rows: Int, _ columns: Int) -> Double {
        let steps = 24
        var sum = 0.0
        for i in 0..<steps {
            for j in 0..<steps {
                let z = (Double(cell / columns) + (Double(i) + 0.5) / Double(steps)) / Double(rows)
                let turn = ((Double(cell % columns) + (Double(j) + 0.5) / Double(steps)) / Double(columns) - 0.5) * 2 * .pi
                sum += evaluate(input, wo, direction(cosine: Float(z), turn: Float(turn))).pdf
            }
        }
        return sum / Double(steps * steps) * 2 * .pi / Double(rows * columns)
    }
}
