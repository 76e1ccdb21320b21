internal import Glibc

/// One log message as one line of text or of JSON.
enum LogLine {
    static func make(
        _ format: LogFormat, time: WallClock, level: String, message: String, fields: [(name: String, value: String)]
    ) -> String {
        switch format {
        case .text:
            // A line is one message, whatever is in it.
            let values = fields.map { " \($0.name)=\(quoted($0.value))" }.joined()
            return "\(time.text) \(padded(level)) \(oneLine(message))\(values)\n"
        case .json:
            var members = JSON.Members()
            members.append("time", .text(time.text))
            members.append("level", .text(level))
            members.append("message", .text(message))
            for field in fields { members.append(field.name, .text(field.value)) }
            return JSON.object(members).text + "\n"
        }
    }

    private static func padded(_ level: String) -> String { level + String(repeating: " ", count: max(0, 8 - level.utf8.count)) }

    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f } ? JSON.text(text).text : text
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7f }
        return isPlain ? value : JSON.text(value).text
    }
}

/// Time of day for people and for numbers that must grow over restarts; no decision rests on it.
public struct WallClock: Hashable, Sendable {
    /// Since 1970.
    public var nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public static var now: WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(nanoseconds: UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec)))
    }

    public var seconds: UInt64 { nanoseconds / 1_000_000_000 }

    /// RFC 3339 in UTC with milliseconds.
    public var text: String {
        var seconds = time_t(clamping: seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let date = "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        let time = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        return "\(date)T\(time).\(digits(nanoseconds / 1_000_000 % 1000, 3))Z"
    }
}
