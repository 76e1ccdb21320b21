/// How far something is, as text for one stream: a live line on a terminal, plain lines elsewhere. Decides only what to write;
/// the caller has the clock and the stream.
public struct ProgressDisplay {
    public struct Parameters {
        /// Seconds between two redraws of the live line: smooth, and cheap over a slow connection.
        public var redraw = 0.1
        /// Seconds between two plain lines that differ only in their numbers; a log that grows slowly.
        public var repeatAfter = 10.0

        public init() {}
    }

    private let parameters: Parameters
    private let isInteractive: Bool
    private var shown = ""
    private var stage = ""
    private var writtenAt: Double?

    public init(isInteractive: Bool, parameters: Parameters = Parameters()) {
        self.isInteractive = isInteractive
        self.parameters = parameters
    }

    /// - Parameters:
    ///   - stage: what is going on; a new one is written at once.
    ///   - detail: figures, which change all the time.
    ///   - now: seconds on any clock that does not go back.
    ///   - width: columns of the terminal; the live line is cut to fit, or it would wrap and not be overwritten.
    /// - Returns: what to write now, possibly nothing.
    public mutating func update(stage: String, detail: String, now: Double, width: Int = 80) -> String {
        let text = detail.isEmpty ? stage : "\(stage)  \(detail)"
        let due = (writtenAt.map { now - $0 } ?? .infinity) >= (isInteractive ? parameters.redraw : parameters.repeatAfter)
        guard text != shown, due || stage != self.stage else { return "" }
        self.stage = stage
        shown = text
        writtenAt = now
        return isInteractive ? "\r\u{1b}[K" + text.prefix(max(0, width - 1)) : text + "\n"
    }

    /// Removes the live line, so that what follows starts on a clean one. Plain lines stay.
    public mutating func finish() -> String {
        defer { (shown, stage, writtenAt) = ("", "", nil) }
        return isInteractive && !shown.isEmpty ? "\r\u{1b}[K" : ""
    }
}
