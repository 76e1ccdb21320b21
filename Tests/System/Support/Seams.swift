import SceneIO

/// How far pixels differ from their neighbours across the borders of tiles, against pairs beside the same borders but inside.
///
/// Each pair across a border is compared with pairs of its own row or column a few pixels away, so that both sides see the same
/// content. Steps are those of display values, which bright single samples do not rule.
struct Seams {
    /// Pairs on each side of a border that count as its inside.
    private static let reach = 6

    /// Mean step across borders, and inside.
    private(set) var across = 0.0
    private(set) var inside = 0.0
    /// Standard error of the ratio of the two means, as far as chance goes.
    private(set) var ratioError = 0.0

    /// 1 where no border can be seen.
    var ratio: Double { inside > 0 ? across / inside : 1 }

    init(_ image: RGBImage, _ corners: [(x: Int, y: Int)]) {
        let display = image.pixels.map { value in
            let clamped = Double(min(max(value.isFinite ? value : 0, 0), 1))
            return clamped.squareRoot()
        }
        func step(_ a: (x: Int, y: Int), _ b: (x: Int, y: Int)) -> Double? {
            guard a.x >= 0, a.y >= 0, b.x < image.width, b.y < image.height else { return nil }
            let (first, second) = ((a.y * image.width + a.x) * 3, (b.y * image.width + b.x) * 3)
            return (0..<3).reduce(0) { $0 + abs(display[first + $1] - display[second + $1]) } / 3
        }
        var (border, beside): ([Double], [Double]) = ([], [])
        func add(_ pair: (Int) -> Double?) {
            let near = (1...Seams.reach).flatMap { [pair(-$0), pair($0)] }.compactMap(\.self)
            guard let own = pair(0), !near.isEmpty else { return }
            border.append(own)
            beside.append(near.reduce(0, +) / Double(near.count))
        }
        for x in Set(corners.map(\.x)).sorted() where x > 0 {
            for y in 0..<image.height { add { step((x - 1 + $0, y), (x + $0, y)) } }
        }
        for y in Set(corners.map(\.y)).sorted() where y > 0 {
            for x in 0..<image.width { add { step((x, y - 1 + $0), (x, y + $0)) } }
        }
        guard border.count > 1 else { return }
        across = border.reduce(0, +) / Double(border.count)
        inside = beside.reduce(0, +) / Double(beside.count)
        guard inside > 0 else { return }
        let deviation = zip(border, beside).reduce(0) { $0 + ($1.0 - ratio * $1.1) * ($1.0 - ratio * $1.1) }
        ratioError = (deviation / Double(border.count - 1) / Double(border.count)).squareRoot() / inside
    }
}
