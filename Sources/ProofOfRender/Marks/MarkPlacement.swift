public import RenderModel

/// Where a task's marks go. Two steps, with rays of the renderer between them: `points` says what has to be known about the scene,
/// `quads` decides.
///
/// Rules, as published: the imprint is 4 to 7 pixels a side and lies in the frustum with its envelope; nothing of the scene lies in
/// front of a mark; marks and their envelopes do not meet. Candidates come from the task's key, the preferred ones of them from the
/// sample render.
public struct MarkPlacement: Sendable {
    /// Rays to trace; the answer is the depth of the first surface along the view axis, +infinity where there is none.
    public let points: [CameraPoint]
    private let candidates: [MarkRegion]
    private let pointsPerCandidate: [Int]
    private let parameters: MarkParameters
    private let key: MarkKey
    private let width: UInt32
    private let height: UInt32
    private let hasLens: Bool

    /// Points of the lens that see a mark: its middle and four at its rim.
    private static let lensPoints: [(area: Float, turn: Float)] = [(0, 0), (1, 0), (1, 0.25), (1, 0.5), (1, 0.75)]

    /// - Parameters:
    ///   - key: the task's.
    ///   - hasLens: whether the camera has a lens, so that a mark is seen from more than one point.
    /// - Returns: nil where the tile is too small for marks.
    public init?(
        _ parameters: MarkParameters, key: MarkKey, settings: RenderSettings, tile: Tile, sample: SampleMap, hasLens: Bool
    ) {
        guard parameters.isValid, min(tile.width, tile.height) >= parameters.tileSideMin else { return nil }
        self.parameters = parameters
        self.key = key
        self.hasLens = hasLens
        (width, height) = (settings.width, settings.height)
        candidates = MarkPlacement.candidates(parameters, key: key, tile: tile, sample: sample)
        var points = MarkPlacement.overview(tile)
        var counts: [Int] = []
        for region in candidates {
            let before = points.count
            // Every second corner of a pixel, and the border.
            for y in stride(from: 0, to: region.height + 2, by: 2) {
                for x in stride(from: 0, to: region.width + 2, by: 2) {
                    for lens in MarkPlacement.lensPoints.prefix(hasLens ? 5 : 1) {
                        points.append(
                            CameraPoint(
                                x: Float(region.x + min(x, region.width)), y: Float(region.y + min(y, region.height)), lensArea: lens.area,
                                lensTurn: lens.turn))
                    }
                }
            }
            counts.append(points.count - before)
        }
        self.points = points
        pointsPerCandidate = counts
    }

    /// Points all over the tile: how far its surfaces usually are, should every mark stand before the sky.
    private static func overview(_ tile: Tile) -> [CameraPoint] {
        let steps = 0..<overviewSide
        return steps.flatMap { row in
            steps.map { column in
                CameraPoint(
                    x: Float(tile.x) + Float(tile.width) * (Float(column) + 0.5) / Float(overviewSide),
                    y: Float(tile.y) + Float(tile.height) * (Float(row) + 0.5) / Float(overviewSide))
            }
        }
    }
    private static let overviewSide = 6

    /// Regions that the key draws, in its order: every mark is one of them.
    static func drawn(_ parameters: MarkParameters, key: MarkKey, tile: Tile) -> [MarkRegion] {
        var stream = MarkStream(key, "mark-places")
        guard min(Int(tile.width), Int(tile.height)) >= 3 * parameters.sides.upperBound else { return [] }
        return (0..<parameters.count * parameters.candidatesPerMark).map { _ in
            let (w, h) = (
                parameters.sides.lowerBound + stream.next(below: parameters.sides.count),
                parameters.sides.lowerBound + stream.next(below: parameters.sides.count)
            )
            return MarkRegion(
                x: Int(tile.x) + w + stream.next(below: Int(tile.width) - 3 * w + 1),
                y: Int(tile.y) + h + stream.next(below: Int(tile.height) - 3 * h + 1), width: w, height: h)
        }
    }

    /// Twice as many regions as there will be marks, the smoothest first, none meeting another.
    private static func candidates(_ parameters: MarkParameters, key: MarkKey, tile: Tile, sample: SampleMap) -> [MarkRegion] {
        let drawn = drawn(parameters, key: key, tile: tile)
        let found = drawn.compactMap { region in
            sample.unevenness(region, luminances: parameters.luminances).map { (unevenness: $0, region: region) }
        }
        // Equal ones keep the order in which they were drawn.
        let order = found.indices.sorted { (found[$0].unevenness, $0) < (found[$1].unevenness, $1) }
        let preferred = max(3 * parameters.count, Int(Double(drawn.count) * parameters.preferredShare))
        var chosen: [MarkRegion] = []
        for index in order.prefix(preferred) where chosen.count < 2 * parameters.count {
            let region = found[index].region
            if !chosen.contains(where: { $0.meets(region) }) { chosen.append(region) }
        }
        return chosen
    }

    /// The marks, given the depths at `points`; nil where too few regions are free.
    public func quads(camera: CameraView, depths: [Float]) -> [MarkQuad]? {
        guard depths.count == points.count, hasLens || camera.lensRadius == 0 else { return nil }
        let finite = depths.filter { $0.isFinite && $0 > 0 }.sorted()
        let usual = finite.isEmpty ? 1 : finite[finite.count / 2]
        var pattern = MarkStream(key, "mark-pattern")
        var quads: [MarkQuad] = []
        var first = MarkPlacement.overviewSide * MarkPlacement.overviewSide
        for (region, count) in zip(candidates, pointsPerCandidate) where quads.count < parameters.count {
            let nearest = depths[first..<first + count].reduce(.infinity) { $1.isNaN ? 0 : min($0, $1) }
            first += count
            let periodX = pattern.normal(mean: parameters.periodMean, deviation: parameters.periodDeviation)
            let periodY = pattern.normal(mean: parameters.periodMean, deviation: parameters.periodDeviation)
            guard let depth = depth(before: nearest, usual: usual, camera) else { continue }
            quads.append(MarkQuad(region: region, depth: depth, periodX: periodX, periodY: periodY))
        }
        return quads.count >= parameters.countMin ? quads : nil
    }

    /// Half way to the nearest surface; on the plane of focus of a lens, where alone the imprint is sharp. Nil where it would be hidden.
    private func depth(before nearest: Float, usual: Float, _ camera: CameraView) -> Double? {
        let depth = camera.lensRadius > 0 ? camera.focusDistance : 0.5 * min(nearest, usual)
        guard depth > camera.near * 1.001, depth < camera.far, depth < nearest * 0.999, depth.isFinite else { return nil }
        return Double(depth)
    }

    /// The verification key of these marks.
    public func secret(_ quads: [MarkQuad], frame: UInt32, tile: Tile) -> MarkSecret {
        MarkSecret(
            width: width, height: height, frame: frame, tile: tile, regions: quads.map(\.region),
            laplacianThreshold: parameters.laplacianThreshold, filterThreshold: parameters.filterThreshold)
    }
}
