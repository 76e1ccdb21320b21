import RenderModel
import Wire

@testable import ProofOfRender

/// An engine whose samples are a hash of the random-number key, the place and the bucket, and whose records are their sums: a
/// recomputation matches exactly when the key does. Samples have so few bits that their sums are exact.
enum FakeEngine {
    static func value(
        rngKey: UInt64, frame: UInt32, place: RecordPlace, samples: Int, marks: [MarkRegion] = []
    ) -> RecordValue {
        let isMarked = marks.contains { mark in
            (mark.x..<mark.x + mark.width).contains(Int(place.x)) && (mark.y..<mark.y + mark.height).contains(Int(place.y))
        }
        let one = sample(rngKey: rngKey, frame: frame, SamplePlace(x: place.x, y: place.y, sample: place.bucket * 16))
        // Even enough that a mark, which takes a fourth of the light, is seen.
        return RecordValue(sums: one.sums * (isMarked ? 0.75 : 1) * Float(samples), rays: one.rays * UInt16(samples))
    }

    static func sample(rngKey: UInt64, frame: UInt32, _ place: SamplePlace) -> RecordValue {
        var state = rngKey ^ UInt64(frame) &* 0x9e37_79b9_7f4a_7c15
        for word in [place.x, place.y, place.sample / 16] {
            state = (state ^ UInt64(word)) &* 0xff51_afd7_ed55_8ccd
            state ^= state >> 33
        }
        let noise = SIMD3<Float>(Float(state & 0x3ff), Float(state >> 16 & 0x3ff), Float(state >> 32 & 0x3ff)) / 65_536
        return RecordValue(sums: 0.5 + noise, rays: 1 + UInt16(state >> 61))
    }

    static func render(_ request: RenderRequest, marks: [MarkRegion] = []) -> TileRecords {
        guard let grid = RecordGrid(settings: request.settings, tile: request.tile, samples: request.samples) else {
            preconditionFailure("the test asks for a tile outside its picture")
        }
        var sums: [Float] = []
        var rays: [UInt16] = []
        for y in 0..<Int(request.tile.height) {
            for x in 0..<Int(request.tile.width) {
                for bucket in 0..<grid.bucketCount {
                    let value = value(
                        rngKey: request.rngKey, frame: request.frame, place: grid.place(x: x, y: y, bucket: bucket),
                        samples: grid.sampleCount(bucket: bucket), marks: marks)
                    sums += [value.sums.x, value.sums.y, value.sums.z]
                    rays.append(value.rays)
                }
            }
        }
        return TileRecords(tile: request.tile, samples: request.samples, sums: sums, rays: rays)
    }

    static func recompute(
        _ settings: RenderSettings, frame: UInt32, rngKey: UInt64, _ places: [RecordPlace], marks: [MarkRegion] = []
    ) -> [RecordValue] {
        places.map { place in
            let left = Int(settings.samples) - Int(place.bucket) * 16
            return value(rngKey: rngKey, frame: frame, place: place, samples: max(0, min(16, left)), marks: marks)
        }
    }

    /// A copy of a scene that is a list of blocks: one block more, the Worker's own. Each part carries those of its key's regions that
    /// do not meet, the first ones.
    static func mark(_ original: [UInt8], _ order: MarkOrder) -> MarkedCopy? {
        let parts = order.tiles.filter { min($0.width, $0.height) >= order.parameters.tileSideMin }.map { tile in
            var chosen: [MarkRegion] = []
            for region in MarkPlacement.drawn(order.parameters, key: order.key(of: tile), tile: tile)
            where chosen.count < 8 && !chosen.contains(where: { $0.meets(region) }) {
                chosen.append(region)
            }
            return MarkSecret(
                width: order.settings.width, height: order.settings.height, frame: order.frame, tile: tile, regions: chosen,
                laplacianThreshold: order.parameters.laplacianThreshold, filterThreshold: order.parameters.filterThreshold)
        }
        guard !parts.isEmpty else { return nil }
        let own = SceneBlock(bytes: order.worker.array + order.key.bytes.array + [UInt8(order.frame)])
        let manifest = SceneBlock(bytes: original + own.id.bytes)
        return MarkedCopy(root: manifest.id, blocks: [manifest, own], parts: parts)
    }
}
