internal import Glibc

/// The two places that a command writes to. Data on standard output; logs, progress and errors on standard error.
public enum Terminal {
    public static let output = Terminal.Stream(descriptor: STDOUT_FILENO)
    public static let error = Terminal.Stream(descriptor: STDERR_FILENO)

    public struct Stream: Sendable {
        public let descriptor: Int32
        /// A person looks at it.
        public let isInteractive: Bool
        /// Interactive, and neither `NO_COLOR` nor `TERM=dumb` forbids colours.
        public let isColoured: Bool

        public init(descriptor: Int32) {
            self.descriptor = descriptor
            isInteractive = isatty(descriptor) == 1
            let variables = ProcessEnvironment.variables
            isColoured = isInteractive && (variables["NO_COLOR"] ?? "").isEmpty && variables["TERM"] != "dumb"
        }

        /// Columns; 80 where there is no window.
        public var width: Int {
            var size = winsize()
            return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        }

        public func line(_ text: String) { write(text + "\n") }

        /// Writes all of it. A reader that is gone ends the writing, not the command.
        public func write(_ text: String) {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0 {
                    if errno == EINTR { continue }
                    if errno == EAGAIN {
                        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        if poll(&ready, 1, 1000) > 0 { continue }
                    }
                    return
                }
                rest = rest.dropFirst(count)
            }
        }

        public func styled(_ text: String, _ style: Style) -> String {
            isColoured ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
        }
    }

    /// ANSI attributes (ECMA-48, select graphic rendition).
    public enum Style: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
    }
}
