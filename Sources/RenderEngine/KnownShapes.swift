internal import RenderModel

/// Shapes of the known-answer renders. Coordinates are sums and products of exact numbers: the same bits on every machine.
enum KnownShapes {
    /// A square in the xz plane whose front looks along +y.
    static func quad(half: Float) -> ScenePrimitive {
        var p = ScenePrimitive()
        p.positions = [-half, 0, -half, -half, 0, half, half, 0, half, half, 0, -half]
        p.normals = [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
        p.tangents = [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]
        p.uv0 = [0, 0, 0, 1, 1, 1, 1, 0]
        p.indices = [0, 1, 2, 0, 2, 3]
        return p
    }

    /// A unit sphere from points on a cube-like grid, normalised with one square root and divisions.
    static func sphere(rings: Int, segments: Int) -> ScenePrimitive {
        var p = ScenePrimitive()
        for ring in 0...rings {
            for segment in 0...segments {
                // A rational parametrisation of the circle, so that no sine is needed.
                let t = Float(segment) / Float(segments) * 4
                let quarter = Int(t) % 4
                let r = t - Float(Int(t))
                let w = 1 + r * r
                let (c, s) = ((1 - r * r) / w, 2 * r / w)
                let around: (Float, Float) =
                    switch quarter {
                    case 0: (c, s)
                    case 1: (-s, c)
                    case 2: (-c, -s)
                    default: (s, -c)
                    }
                let q = Float(ring) / Float(rings) * 2 - 1
                let v = 1 + q * q
                let (radius, y) = ((1 - q * q) / v, 2 * q / v)
                p.positions += [radius * around.0, y, -radius * around.1]
                p.uv0 += [Float(segment) / Float(segments), Float(ring) / Float(rings)]
            }
        }
        p.normals = p.positions
        let row = UInt32(segments + 1)
        for ring in 0..<UInt32(rings) {
            for segment in 0..<UInt32(segments) {
                let a = ring * row + segment
                p.indices += [a, a + 1, a + row, a + 1, a + row + 1, a + row]
            }
        }
        return p
    }

    /// A strip of four quads along y with two joints and one morph target.
    static func bent() -> ScenePrimitive {
        var p = ScenePrimitive()
        var target = SceneMorphTarget()
        for k in 0...4 {
            let y = Float(k) * 0.25
            p.positions += [-0.15, y, 0, 0.15, y, 0.05]
            p.normals += [0, 0, 1, 0, 0, 1]
            p.colors += [1, y, 0.5, 1, y, 1, 0.25, 1]
            for _ in 0..<2 {
                p.joints += [0, 1, 0, 0]
                p.jointWeights += [1 - y, y, 0, 0]
                target.positions += [0, 0, 0.2 * y]
                target.normals += [0.1, 0, 0]
            }
        }
        for k in 0..<UInt32(4) {
            let a = 2 * k
            p.indices += [a, a + 1, a + 2, a + 1, a + 3, a + 2]
        }
        p.targets = [target]
        return p
    }
}
