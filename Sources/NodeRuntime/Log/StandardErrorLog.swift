internal import Glibc
public import Logging

/// Writes log messages to standard error, each with one call, so that lines of several processes on one pipe stay whole.
public struct StandardErrorLog: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    let format: LogFormat

    public init(level: LogLevel, format: LogFormat) {
        logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        self.format = format
    }

    public static func logger(level: LogLevel, format: LogFormat) -> Logger {
        Logger(label: "node") { _ in StandardErrorLog(level: level, format: format) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata.map { (name: $0.key, value: "\($0.value)") }
        for (name, value) in event.metadata ?? [:] { fields.append((name, "\(value)")) }
        // Dictionaries have no order of their own.
        fields.sort { $0.name < $1.name }
        if let error = event.error { fields.append(("error", "\(error)")) }
        let line = LogLine.make(format, time: .now, level: event.level.rawValue, message: event.message.description, fields: fields)
        let bytes = Array(line.utf8)
        // Nothing can be done about a log that nobody takes.
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
