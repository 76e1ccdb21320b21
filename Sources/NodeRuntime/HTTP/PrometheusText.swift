/// Metrics in the text format of Prometheus (exposition format 0.0.4).
struct PrometheusText {
    enum Kind: String { case counter, gauge }

    private var lines: [String] = []

    /// What a browser and a scraper take it for.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    var bytes: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    /// One metric with its samples; left out where there is none.
    ///
    /// - Parameters:
    ///   - name: ends in its unit, and `_total` where it only grows.
    ///   - samples: with their labels, in the order of writing.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]) {
        guard !samples.isEmpty else { return }
        lines.append("# HELP \(name) \(PrometheusText.escape(help, quotes: false))")
        lines.append("# TYPE \(name) \(kind.rawValue)")
        for sample in samples {
            let labels = sample.labels.map { "\($0.0)=\"\(PrometheusText.escape($0.1, quotes: true))\"" }.joined(separator: ",")
            lines.append("\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(PrometheusText.number(sample.value))")
        }
    }

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        add(name, kind, help, [([], Double(value))])
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.rounded() == value && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
