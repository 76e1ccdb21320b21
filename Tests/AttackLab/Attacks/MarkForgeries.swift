import Determinism
import ProofOfRender
import RenderModel

/// The matched filter: pictures made without the scene or with another key do not pass, honest ones do, also when they were coded or
/// smoothed.
enum MarkForgeries {
    /// Pictures that need no scene.
    enum Forgery: String, CaseIterable {
        case constant = "one grey"
        case ramp = "a ramp"
        case checkerboard = "a checkerboard of 8 pixels"
        case bands = "bands of noise"
        case noise = "noise"

        func picture(_ size: Int, _ trial: Int) -> CodedPicture {
            var random = Generator(seed: UInt64(trial))
            let (low, high) = (Float.random(in: 0...100, using: &random), Float.random(in: 120...255, using: &random))
            let (shiftX, shiftY) = (Int.random(in: 0..<16, using: &random), Int.random(in: 0..<16, using: &random))
            switch self {
            case .constant: return CodedPicture(width: size, height: size) { _, _ in SIMD3(repeating: high) }
            case .ramp:
                return CodedPicture(width: size, height: size) { x, y in
                    SIMD3(repeating: low + (high - low) * Float(x + y) / Float(2 * size))
                }
            case .checkerboard:
                return CodedPicture(width: size, height: size) { x, y in
                    SIMD3(repeating: ((x + shiftX) / 8 + (y + shiftY) / 8) & 1 == 0 ? 0 : 255)
                }
            case .bands:
                let rows = (0..<size / 4 + 1).map { _ in Float.random(in: low...high, using: &random) }
                return CodedPicture(width: size, height: size) { _, y in SIMD3(repeating: rows[y / 4]) }
            case .noise:
                return CodedPicture(width: size, height: size) { _, _ in SIMD3(repeating: Float.random(in: low...high, using: &random)) }
            }
        }
    }

    enum Treatment: String, CaseIterable {
        case none = "as rendered"
        case coded90 = "JPEG 90"
        case coded75 = "JPEG 75"
        case blurred = "blurred"
        case denoised = "bilateral denoiser"
        case median = "median of 3×3"

        func applied(to picture: CodedPicture) -> CodedPicture {
            switch self {
            case .none: picture
            case .coded90: picture.jpeg(quality: 90)
            case .coded75: picture.jpeg(quality: 75)
            case .blurred: picture.blurred
            case .denoised: picture.denoised
            case .median: picture.median
            }
        }
    }

    static func rates(_ laboratory: MarkLaboratory, _ plan: TrialPlan) throws -> [Rate] {
        let trials = plan.trials(300, small: 6)
        var rates = try forged(laboratory, trials)
        rates.append(try null(laboratory, plan.trials(20_000, small: 60)))
        return rates + (try honest(laboratory, trials))
    }

    private static func filter(_ picture: CodedPicture, _ secret: MarkSecret) throws -> MatchedFilter {
        guard let encoded = picture.encoded, let filter = MatchedFilter(encoded, secret: secret) else {
            throw Laboratory.Failure(text: "the picture does not hold the task")
        }
        return filter
    }

    private static func forged(_ laboratory: MarkLaboratory, _ trials: Int) throws -> [Rate] {
        let size = Int(laboratory.settings.width)
        return try Forgery.allCases.map { forgery in
            var rejected = 0
            for trial in 0..<trials {
                let secret = try laboratory.marks(trial).secret
                if try !filter(forgery.picture(size, trial), secret).passes { rejected += 1 }
            }
            return Rate(attack: "no scene, \(forgery.rawValue): rejected", trials: trials, caught: rejected, expected: 1)
        }
    }

    /// Pictures without marks: what S is by chance, over as many keys.
    private static func null(_ laboratory: MarkLaboratory, _ trials: Int) throws -> Rate {
        let pictures = laboratory.plain.map(CodedPicture.init)
        let encoded = pictures.compactMap(\.encoded)
        var (rejected, sum, squares, most) = (0, 0.0, 0.0, -Double.infinity)
        for trial in 0..<trials {
            guard let filter = MatchedFilter(encoded[trial % encoded.count], secret: try laboratory.marks(1_000_000 + trial).secret) else {
                throw Laboratory.Failure(text: "the picture does not hold the task")
            }
            (sum, squares, most) = (sum + filter.score, squares + filter.score * filter.score, max(most, filter.score))
            if !filter.passes { rejected += 1 }
        }
        let mean = sum / Double(trials)
        let deviation = (squares / Double(trials) - mean * mean).squareRoot()
        return Rate(
            attack: "no marks, S = \(rounded(mean)) ± \(rounded(deviation)), at most \(rounded(most)): rejected", trials: trials,
            caught: rejected, expected: 1 - nullRate)
    }

    /// What the threshold stands for.
    private static let nullRate = 1e-6

    private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

    private static func honest(_ laboratory: MarkLaboratory, _ trials: Int) throws -> [Rate] {
        var passed = [Int](repeating: 0, count: Treatment.allCases.count)
        var least = [SIMD2<Double>](repeating: SIMD2(repeating: .infinity), count: Treatment.allCases.count)
        var wrongKeys = 0
        for trial in 0..<trials {
            let (quads, secret) = try laboratory.marks(trial)
            let picture = CodedPicture(try laboratory.marked(quads, secret, picture: trial % laboratory.plain.count))
            for (index, treatment) in Treatment.allCases.enumerated() {
                let filter = try filter(treatment.applied(to: picture), secret)
                least[index] = pointwiseMin(least[index], SIMD2(filter.score, filter.steadiness))
                if filter.passes { passed[index] += 1 }
            }
            if try !filter(picture, laboratory.marks(500_000 + trial).secret).passes { wrongKeys += 1 }
        }
        let rates = zip(Treatment.allCases, zip(passed, least)).map { treatment, counts in
            Rate(
                attack: "honest, \(treatment.rawValue), S ≥ \(rounded(counts.1.x)), t ≥ \(rounded(counts.1.y)): accepted", trials: trials,
                caught: counts.0,
                expected: 1)
        }
        return [Rate(attack: "another key: rejected", trials: trials, caught: wrongKeys, expected: 1)] + rates
    }
}
