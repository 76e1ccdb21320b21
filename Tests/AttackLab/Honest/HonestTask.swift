import Crypto
import Determinism
import ProofOfRender
import RenderModel
import Wire

/// A small honest task: a scene by its seed, and an offer with odd sizes, parts of frames and of samples.
struct HonestTask {
    let scene: UInt64
    let offer: Offer

    init(number: UInt64, hearing: Hearing) {
        var random = Generator(seed: number).fork("honest")
        scene = random.next()
        var settings = RenderSettings()
        settings.width = .random(in: 1...20, using: &random)
        settings.height = .random(in: 1...20, using: &random)
        settings.samples = .random(in: 1...40, using: &random)
        settings.depth = .random(in: 1...6, using: &random)
        settings.filter = random.chance(0.5) ? .box : .blackmanHarris
        settings.roulette = random.chance(0.25) ? 2 : 0
        let (columns, width) = HonestTask.part(of: settings.width, by: 8, &random)
        let (rows, height) = HonestTask.part(of: settings.height, by: 8, &random)
        let (first, count) = HonestTask.part(of: settings.samples, by: 16, &random)
        offer = Offer(
            job: Bytes32(words: number, 1, 1, 1), task: UInt32(number % 7), attempt: UInt32(number % 3), cause: .zero,
            worker: hearing.worker.publicKey, sceneRoot: Hash.cid(of: Array("scene \(scene)".utf8)), settings: settings,
            frame: .random(in: 1...30, using: &random), tile: Tile(x: columns, y: rows, width: width, height: height),
            samples: first..<first + count, jobSeed: random.next(), profile: .zero, deadlineRound: 100)
    }

    /// The whole, or one unit or what is left of it after some.
    private static func part(of size: UInt32, by unit: UInt32, _ random: inout Generator) -> (start: UInt32, count: UInt32) {
        guard random.chance(0.5) else { return (0, size) }
        let start = .random(in: 0...(size - 1) / unit, using: &random) * unit
        return (start, random.chance(0.5) ? size - start : min(unit, size - start))
    }
}
