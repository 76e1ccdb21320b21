/// Columns of text, as wide as their widest entry.
public struct TextTable {
    public var header: [String]
    public var rows: [[String]]
    /// Columns of numbers, which are set to the right.
    public var rightAligned: Set<Int>

    public init(header: [String], rows: [[String]], rightAligned: Set<Int> = []) {
        self.header = header
        self.rows = rows
        self.rightAligned = rightAligned
    }

    public var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return rightAligned.contains(column) ? space + cell : cell + space
            }
            let text = cells.joined(separator: "  ")
            return String(text[..<(text.lastIndex { $0 != " " }.map(text.index(after:)) ?? text.startIndex)])
        }.joined(separator: "\n")
    }
}

/// Numbers as people read them.
public enum Figures {
    /// Rounded to so many places, without an exponent.
    public static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * scale).rounded())
        let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
        let digits = String(rest)
        let sign = value < 0 && scaled != 0 ? "-" : ""
        return sign + "\(whole)" + (places > 0 ? "." + String(repeating: "0", count: places - digits.count) + digits : "")
    }

    /// `12.3 M`: three digits and a prefix.
    public static func short(_ value: Int) -> String {
        for (limit, name) in [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")] where value >= limit {
            return "\(decimal(Double(value) / Double(limit), places: 1)) \(name)"
        }
        return "\(value)"
    }

    public static func bytes(_ value: Int) -> String {
        for (shift, name) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where value >= 1 << shift {
            return "\(decimal(Double(value) / Double(1 << shift), places: 1)) \(name)"
        }
        return "\(value) B"
    }
}
