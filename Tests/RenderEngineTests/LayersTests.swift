import CRenderKernels
import Glibc
import Testing

/// Physics of the layers over the core BRDF, each alone and some together.
@Suite struct LayersTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        nonisolated(unsafe) var input: RkLayersInput  // A C struct of plain numbers, never written after `init`.
        var testDescription: String { name }

        init(
            _ name: String, base: Float = 1, f90: Float = 1, metallic: Float = 0, roughness: Float = 0.4,
            _ change: (inout RkLayersInput) -> Void
        ) {
            self.name = name
            input = RkLayersInput()
            input.base = BSDFTests.input(base: base, f0: 0.04 * f90, f90: f90, metallic: metallic, roughness: roughness)
            change(&input)
        }
    }

    static let cases = [
        Case("thin glass") { $0.transmission = 1 },
        Case("half transmission", base: 0.7) { $0.transmission = 0.5 },
        Case("glass from outside") { ($0.transmission, $0.etaI, $0.etaO) = (1, 1, 1.5) },
        Case("glass from inside") { ($0.transmission, $0.etaI, $0.etaO) = (1, 1.5, 1) },
        Case("rough glass from inside", roughness: 0.7) { ($0.transmission, $0.etaI, $0.etaO) = (1, 1.5, 1) },
        Case("diffuse transmission", base: 0.6, roughness: 0.5) { $0.diffuseTransmission = 0.7 },
        Case("sheen", f90: 0, roughness: 1) { ($0.sheen, $0.sheenRoughness) = (1, 0.5) },
        Case("sheen near the horizon", f90: 0, roughness: 1) { ($0.sheen, $0.sheenRoughness) = (1, 0.1) },
        Case("sheen over plastic", base: 0.5, roughness: 0.5) { ($0.sheen, $0.sheenRoughness) = (0.5, 1) },
        Case("coat", f90: 0, roughness: 1) { ($0.coat, $0.coatAlpha) = (1, 0.16) },
        Case("leaning coat over plastic", base: 0.5, roughness: 0.5) { ($0.coat, $0.coatAlpha, $0.coatLean) = (1, 0.16, 0.3) },
        Case("coat over sheen over metal", base: 0.9, metallic: 1) {
            ($0.coat, $0.coatAlpha, $0.sheen, $0.sheenRoughness) = (1, 0.16, 0.5, 0.4)
        },
        Case("brushed metal", metallic: 1, roughness: 0.45) { $0.alphaX = 0.5 },
        Case("brushed glass", roughness: 0.45) { ($0.transmission, $0.etaI, $0.etaO, $0.alphaX) = (1, 1, 1.5, 0.4) },
        Case("film over metal", base: 0.9, metallic: 1) {
            ($0.iridescence, $0.iridescenceIor, $0.iridescenceThickness) = (1, 1.3, 400)
        },
        Case("film over thin glass") {
            ($0.transmission, $0.iridescence, $0.iridescenceIor, $0.iridescenceThickness) = (1, 1, 1.33, 300)
        },
    ]

    /// What a mirror or a single colour sends on is hidden from light sampling, so only its energy can be tested.
    static let hiddenCases = [
        Case("smooth thin glass", roughness: 0) { ($0.transmission, $0.isSmooth) = (1, 1) },
        Case("smooth glass from outside", roughness: 0) { ($0.transmission, $0.etaI, $0.etaO, $0.isSmooth) = (1, 1, 1.5, 1) },
        Case("smooth glass from inside", roughness: 0) { ($0.transmission, $0.etaI, $0.etaO, $0.isSmooth) = (1, 1.5, 1, 1) },
        Case("equal indices") { ($0.transmission, $0.etaI, $0.etaO) = (1, 1.3, 1.3) },
        Case("dispersion from outside", roughness: 0.2) { ($0.transmission, $0.etaI, $0.etaO, $0.spread) = (1, 1, 1.5, 0.02) },
        Case("dispersion from inside", roughness: 0.2) { ($0.transmission, $0.etaI, $0.etaO, $0.spread) = (1, 1.5, 1, 0.02) },
    ]

    static func evaluate(_ input: RkLayersInput, _ wo: [Float], _ wi: [Float]) -> (f: SIMD3<Double>, pdf: Double) {
        var input = input
        var (f, pdf) = ([Float](repeating: 0, count: 3), Float(0))
        rk_test_layers_evaluate(&input, wo, wi, &f, &pdf)
        return ([Double(f[0]), Double(f[1]), Double(f[2])], Double(pdf))
    }

    static func sample(_ input: RkLayersInput, _ wo: [Float], _ k: Int) -> (weight: SIMD3<Double>, wi: [Float], pdf: Float) {
        var input = input
        var random = [UInt32](repeating: 0, count: 4)
        rk_test_philox([UInt32(k), 7, 2, 3], [4, 5], &random)
        var (weight, wi, pdf) = ([Float](repeating: 0, count: 3), [Float](repeating: 0, count: 3), Float(0))
        rk_test_layers_sample(&input, wo, random.map { Float($0 >> 8) * 0x1p-24 }, &weight, &wi, &pdf)
        return ([Double(weight[0]), Double(weight[1]), Double(weight[2])], wi, pdf)
    }

    /// Light may be lost between microfacets and under layers, never made: the furnace. What samples bring is what the function holds.
    @Test(arguments: cases + hiddenCases)
    func noEnergyIsMade(_ test: Case) {
        for cosine in [Float(0.1), 0.4, 1] {
            let wo = BSDFTests.direction(cosine: cosine, turn: 0.7)
            var (sum, hidden) = (SIMD3<Double>.zero, 0.0)
            let count = 10_000
            for k in 0..<count {
                let drawn = LayersTests.sample(test.input, wo, k)
                #expect((0..<3).allSatisfy { drawn.weight[$0] >= 0 && drawn.weight[$0] < 20 })
                sum += drawn.weight
                if drawn.pdf < 0 { hidden += 1 }
            }
            let albedo = sum / Double(count)
            for channel in 0..<3 {
                #expect(albedo[channel] <= 1.03 && albedo[channel] > 0.3, "\(cosine): \(albedo)")
                // Smooth glass loses nothing.
                if test.name.hasPrefix("smooth") { #expect(abs(albedo[channel] - 1) < 0.01, "\(cosine): \(albedo)") }
            }
        }
    }

    /// Layers without a preferred side are reciprocal; what goes through carries the square of the indices. The clear coat is not:
    /// its extension weighs it with the Fresnel term of the viewer's side alone, so its lobe is tested without that weight.
    @Test(arguments: cases.filter { $0.input.coat == 0 })
    func lightMayBeTurnedRound(_ test: Case) {
        for k in 0..<300 {
            let a = BSDFTests.direction(cosine: 0.05 + 0.9 * Float(k % 20) / 20, turn: Float(k))
            var b = BSDFTests.direction(cosine: 0.05 + 0.9 * Float(k % 17) / 17, turn: Float(k) * 2.3)
            let forth = LayersTests.evaluate(test.input, a, b).f / Double(b[2])
            let back = LayersTests.evaluate(test.input, b, a).f / Double(a[2])
            expectEqual(forth, back, test.name)
            // Through the surface: the way back starts on the other side.
            b[2] = -b[2]
            var turned = test.input
            (turned.etaI, turned.etaO) = (test.input.etaO, test.input.etaI)
            let through = LayersTests.evaluate(test.input, a, b).f / Double(-b[2])
            let flip: ([Float]) -> [Float] = { [$0[0], $0[1], -$0[2]] }
            let returned = LayersTests.evaluate(turned, flip(b), flip(a)).f / Double(a[2])
            let ratio = test.input.etaI > 0 ? Double(test.input.etaO / test.input.etaI) : 1
            expectEqual(through, returned * ratio * ratio, "\(test.name), through")
        }
    }

    @Test func theCoatsOwnLobeIsReciprocal() {
        let coat = Case("coat", base: 0, f90: 0, roughness: 1) { ($0.coat, $0.coatAlpha, $0.coatLean) = (1, 0.16, 0.2) }
        func fresnel(_ w: [Float]) -> Double {
            let cosine = Double((0.2 * w[0] + w[2]) / Float(1.04).squareRoot())
            return 0.04 + 0.96 * pow(1 - cosine, 5)
        }
        func cosine(_ w: [Float]) -> Double { Double((0.2 * w[0] + w[2]) / Float(1.04).squareRoot()) }
        for k in 0..<300 {
            let a = BSDFTests.direction(cosine: 0.3 + 0.65 * Float(k % 20) / 20, turn: Float(k))
            let b = BSDFTests.direction(cosine: 0.3 + 0.65 * Float(k % 17) / 17, turn: Float(k) * 2.3)
            let forth = LayersTests.evaluate(coat.input, a, b).f / (fresnel(a) * cosine(b))
            expectEqual(forth, LayersTests.evaluate(coat.input, b, a).f / (fresnel(b) * cosine(a)), "coat")
        }
    }

    private func expectEqual(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ name: String) {
        for channel in 0..<3 { #expect(abs(a[channel] - b[channel]) <= 1e-3 * max(a[channel], b[channel]) + 1e-6, "\(name)") }
    }

    /// χ² over the whole sphere.
    @Test(arguments: cases)
    func samplesFollowTheirDensity(_ test: Case) {
        let (rows, columns, count) = (20, 16, 40_000)
        for cosine in [Float(0.3), 0.8] {
            let wo = BSDFTests.direction(cosine: cosine, turn: 1.1)
            var observed = [Double](repeating: 0, count: rows * columns)
            for k in 0..<count {
                let drawn = LayersTests.sample(test.input, wo, k)
                guard drawn.pdf > 0 else { continue }
                let turn = atan2(Double(drawn.wi[1]), Double(drawn.wi[0])) / (2 * .pi) + 0.5
                let row = min(rows - 1, Int((Double(drawn.wi[2]) + 1) / 2 * Double(rows)))
                observed[row * columns + min(columns - 1, Int(turn * Double(columns)))] += 1
            }
            let chi = ChiSquare(observed) { integral(test.input, wo, $0, rows, columns) * Double(count) }
            #expect(chi.holds, "at \(cosine): \(chi)")
        }
    }

    private func integral(_ input: RkLayersInput, _ wo: [Float], _ cell: Int, _ rows: Int, _ columns: Int) -> Double {
        let steps = 16
        var sum = 0.0
        for i in 0..<steps {
            for j in 0..<steps {
                let z = (Double(cell / columns) + (Double(i) + 0.5) / Double(steps)) / Double(rows) * 2 - 1
                let turn = ((Double(cell % columns) + (Double(j) + 0.5) / Double(steps)) / Double(columns) - 0.5) * 2 * .pi
                sum += LayersTests.evaluate(input, wo, BSDFTests.direction(cosine: Float(z), turn: Float(turn))).pdf
            }
        }
        return sum / Double(steps * steps) * 4 * .pi / Double(rows * columns)
    }

    /// The table of the sheen's albedo against quadrature.
    @Test func theSheenTableHoldsTheAlbedo() {
        for roughness in [Float(0.25), 0.4, 0.65, 1] {
            for cosine in [Float(0.05), 0.2, 0.5, 0.9] {
                let wo = BSDFTests.direction(cosine: cosine, turn: 0)
                let steps = 200
                var sum = 0.0
                for i in 0..<steps {
                    // Finer near the horizon, where the lobe is.
                    let t = (Float(i) + 0.5) / Float(steps)
                    for j in 0..<steps {
                        let wi = BSDFTests.direction(cosine: t * t, turn: (Float(j) + 0.5) / Float(steps) * .pi)
                        sum += Double(rk_test_sheen(roughness, wo, wi) * 2 * t)
                    }
                }
                let albedo = sum * 2 * .pi / Double(steps * steps)
                #expect(abs(Double(rk_test_sheen_albedo(roughness, cosine)) - albedo) < 0.006, "\(roughness) at \(cosine)")
            }
        }
    }
}
