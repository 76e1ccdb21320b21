/// One-way latencies between regions, and the share of the nodes in each.
public struct RegionMatrix: Sendable {
    public let names: [String]
    /// Cumulative shares, the last one 1.
    private let cumulative: [Double]
    /// Row-major one-way latency in nanoseconds.
    private let latency: [UInt64]
    /// The shortest of them. Nothing gets from one node to another in less.
    let shortest: UInt64
    /// Latencies below it count as it, in nanoseconds: time must go on.
    static let latencyMin: UInt64 = 100_000

    public enum Failure: Error, Equatable, CustomStringConvertible {
        case malformed(line: Int)

        public var description: String {
            switch self {
            case .malformed(let line): "line \(line): expected a region's name, its share, then one latency in milliseconds per region"
            }
        }
    }

    /// Text of lines `name share ms ms …`, separated by white space, one per region; `#` starts a comment.
    public init(parsing text: some StringProtocol) throws(Failure) {
        var rows: [(line: Int, name: String, share: Double, milliseconds: [Double])] = []
        for (index, line) in text.split(separator: "\n" as Character, omittingEmptySubsequences: false).enumerated() {
            let fields = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            if fields.isEmpty { continue }
            let numbers = fields.dropFirst().compactMap { Double(String($0)) }
            guard numbers.count == fields.count - 1, numbers.count >= 2, numbers.allSatisfy({ $0 >= 0 && $0 < 60_000 }) else {
                throw .malformed(line: index + 1)
            }
            rows.append((index + 1, String(fields[0]), numbers[0], Array(numbers.dropFirst())))
        }
        guard !rows.isEmpty, rows.count <= 256 else { throw .malformed(line: 1) }
        for row in rows where row.milliseconds.count != rows.count { throw .malformed(line: row.line) }
        let total = rows.reduce(0) { $0 + $1.share }
        guard total > 0 else { throw .malformed(line: rows[0].line) }
        names = rows.map(\.name)
        var sum = 0.0
        cumulative = rows.map { row in
            sum += row.share / total
            return sum
        }
        latency = rows.flatMap { $0.milliseconds.map { max(RegionMatrix.latencyMin, UInt64($0 * 1_000_000)) } }
        shortest = latency.min() ?? RegionMatrix.latencyMin
    }

    public var count: Int { names.count }

    /// The region of a node that drew `unit` in 0 ..< 1.
    public func region(at unit: Double) -> UInt8 {
        UInt8(cumulative.firstIndex { unit < $0 } ?? count - 1)
    }

    /// One-way latency in nanoseconds.
    @inline(__always)
    func nanoseconds(from: UInt8, to: UInt8) -> UInt64 { latency[Int(from) * count + Int(to)] }
}
