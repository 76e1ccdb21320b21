import ProofOfRender
import RenderModel
import Wire

/// An engine whose values are a hash of the random-number key and the place: a recomputation matches exactly when the key does.
enum FakeEngine {
    static func value(rngKey: UInt64, frame: UInt32, place: RecordPlace, samples: Int) -> RecordValue {
        var state = rngKey ^ UInt64(frame) &* 0x9e37_79b9_7f4a_7c15
        for word in [place.x, place.y, place.bucket] {
            state = (state ^ UInt64(word)) &* 0xff51_afd7_ed55_8ccd
            state ^= state >> 33
        }
        let sums = SIMD3<Float>(Float(state & 0xffff), Float(state >> 16 & 0xffff), Float(state >> 32 & 0xffff)) / 65_536
        return RecordValue(sums: sums, rays: UInt16(samples) * UInt16(1 + state >> 61))
    }

    static func render(_ request: RenderRequest) -> TileRecords {
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
                        samples: grid.sampleCount(bucket: bucket))
                    sums += [value.sums.x, value.sums.y, value.sums.z]
                    rays.append(value.rays)
                }
            }
        }
        return TileRecords(tile: request.tile, samples: request.samples, sums: sums, rays: rays)
    }

    static func recompute(_ settings: RenderSettings, frame: UInt32, rngKey: UInt64, _ places: [RecordPlace]) -> [RecordValue] {
        places.map { place in
            let left = Int(settings.samples) - Int(place.bucket) * 16
            return value(rngKey: rngKey, frame: frame, place: place, samples: max(0, min(16, left)))
        }
    }
}
