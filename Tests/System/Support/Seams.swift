/// How far pixels differ from their neighbours across the borders of tiles, against neighbours of one tile at the same places.
///
/// Each tile was rendered with a margin, so that every pair across a border is also there inside either tile: same content, and half of
/// the same noise. Steps are those of display values, which bright single samples do not rule.
struct Seams {
    /// Mean step across borders, and inside tiles.
    let across: Double
    let inside: Double
    /// Standard error of `ratio`, as far as chance goes.
    let ratioError: Double

    /// 1 where no border can be seen.
    var ratio: Double { across / inside }

    /// Nil where there are no borders, or nothing changes beside them.
    init?(_ tiles: [TileRender]) {
        var (across, inside): ([Double], [Double]) = ([], [])
        for (index, first) in tiles.enumerated() {
            for second in tiles[(index + 1)...] {
                for (p, q) in Seams.border(first.task, second.task) + Seams.border(second.task, first.task).map({ ($1, $0) }) {
                    guard
                        let one = first.pixel(p.x, p.y), let other = second.pixel(q.x, q.y), let beyond = first.pixel(q.x, q.y),
                        let before = second.pixel(p.x, p.y)
                    else { continue }
                    across.append(Seams.step(one, other))
                    inside.append((Seams.step(one, beyond) + Seams.step(before, other)) / 2)
                }
            }
        }
        let count = Double(across.count)
        let (outer, inner) = (across.reduce(0, +) / count, inside.reduce(0, +) / count)
        guard outer > 0, inner > 0 else { return nil }
        (self.across, self.inside) = (outer, inner)
        // First-order error of a quotient of means.
        let squares = zip(across, inside).reduce(0) { $0 + ($1.0 / outer - $1.1 / inner) * ($1.0 / outer - $1.1 / inner) }
        ratioError = outer / inner * squares.squareRoot() / count
    }

    private typealias Point = (x: Int, y: Int)

    /// Pairs of pixels, the first of a tile and the second of another that lies to the right of it or below.
    private static func border(_ first: DeliveredPicture.Task, _ second: DeliveredPicture.Task) -> [(Point, Point)] {
        guard first.frame == second.frame else { return [] }
        let columns = max(first.x, second.x)..<max(max(first.x, second.x), min(first.x + first.width, second.x + second.width))
        let rows = max(first.y, second.y)..<max(max(first.y, second.y), min(first.y + first.height, second.y + second.height))
        if first.x + first.width == second.x { return rows.map { ((second.x - 1, $0), (second.x, $0)) } }
        if first.y + first.height == second.y { return columns.map { (($0, second.y - 1), ($0, second.y)) } }
        return []
    }

    private static func step(_ first: ArraySlice<Float>, _ second: ArraySlice<Float>) -> Double {
        zip(first, second).reduce(0) { $0 + abs(display($1.0) - display($1.1)) } / 3
    }

    private static func display(_ value: Float) -> Double { Double(min(max(value.isFinite ? value : 0, 0), 1)).squareRoot() }
}
