import Foundation
import RenderModel

/// One build of the kernels in a process of its own: `Tests/Bits`, which makes the scene from its seed and renders what it is asked for.
/// Words are little-endian on both sides.
final class KernelServer {
    struct Failure: Error { let text: String }

    let name: String
    private let process = Process()
    private let (requests, answers) = (Pipe(), Pipe())

    /// - Parameter command: program and arguments, divided by spaces.
    init(name: String, command: String) throws {
        self.name = name
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command.split(separator: " ").map(String.init)
        (process.standardInput, process.standardOutput) = (requests, answers)
        try process.run()
    }

    /// Ends when its input does.
    func finish() {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// A Worker's records.
    func records(_ request: RenderRequest, scene: UInt64) throws -> (records: TileRecords, features: SceneFeatures) {
        let buckets = (request.samples.count + 15) / 16
        let count = Int(request.tile.width) * Int(request.tile.height) * buckets
        let answer = try ask(request, scene: scene, places: [], count: count)
        let records = TileRecords(tile: request.tile, samples: request.samples, sums: answer.sums, rays: answer.rays)
        return (records, answer.features)
    }

    /// A Verifier's values, one per place.
    func recompute(_ request: RenderRequest, scene: UInt64, places: [RecordPlace]) throws -> [RecordValue] {
        let words = places.flatMap { place -> [UInt32] in
            let first = place.bucket * TileRecords.bucketSamples
            return [place.x, place.y, first, min(first + TileRecords.bucketSamples, request.samples.upperBound)]
        }
        let answer = try ask(request, scene: scene, places: words, count: places.count)
        return places.indices.map { index in
            let sums = SIMD3(answer.sums[index * 3], answer.sums[index * 3 + 1], answer.sums[index * 3 + 2])
            return RecordValue(sums: sums, rays: answer.rays[index])
        }
    }

    private struct Answer {
        var features: SceneFeatures
        var sums: [Float]
        var rays: [UInt16]
    }

    private func ask(_ request: RenderRequest, scene: UInt64, places: [UInt32], count: Int) throws -> Answer {
        let (settings, tile) = (request.settings, request.tile)
        let head: [UInt32] = [
            UInt32(truncatingIfNeeded: scene), UInt32(truncatingIfNeeded: scene >> 32), request.frame, settings.width, settings.height,
            settings.depth, settings.filter.rawValue, settings.roulette, UInt32(truncatingIfNeeded: request.rngKey),
            UInt32(truncatingIfNeeded: request.rngKey >> 32), tile.x, tile.y, tile.width, tile.height, request.samples.lowerBound,
            request.samples.upperBound, UInt32(places.count / 4),
        ]
        try requests.fileHandleForWriting.write(contentsOf: (head + places).withUnsafeBytes { Data($0) })
        let words = try read(words: 1 + 4 * count)
        return Answer(
            features: SceneFeatures(rawValue: words[0]), sums: words[1..<1 + 3 * count].map { Float(bitPattern: $0) },
            rays: words[(1 + 3 * count)...].map { UInt16(clamping: $0) })
    }

    private func read(words count: Int) throws -> [UInt32] {
        var data = Data()
        while data.count < 4 * count {
            guard let more = try answers.fileHandleForReading.read(upToCount: 4 * count - data.count), !more.isEmpty else {
                throw Failure(text: "the build \(name) ended without an answer")
            }
            data += more
        }
        return data.withUnsafeBytes { bytes in (0..<count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) } }
    }
}

/// What a small scene holds: `bits.h`.
struct SceneFeatures: OptionSet, Hashable {
    let rawValue: UInt32

    static let subnormalLight = SceneFeatures(rawValue: 16)
    static let names = [
        "alpha masks", "alpha blending", "instancing", "animation", "subnormal light", "layered materials", "a lens", "an image sky",
    ]
}
