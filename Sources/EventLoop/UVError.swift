internal import CUV

/// An error code of libuv (a negated `errno`, or one of libuv's own) with the operation that failed.
public struct UVError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Negative.
    public let code: Int32
    /// What was attempted, for people: `listen on 127.0.0.1:4001`.
    public let operation: String

    public init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// The symbol: `EADDRINUSE`.
    public var name: String { String(cString: uv_err_name(code)) }

    /// The text of libuv: `address already in use`.
    public var message: String { String(cString: uv_strerror(code)) }

    public var description: String { "could not \(operation): \(message) (\(name))" }
}

extension UVError {
    /// The loop is closing, or the handle is.
    static func closing(_ operation: String) -> UVError { UVError(code: UV_ECANCELED.rawValue, operation: operation) }

    /// Throws where a call of libuv answered with a negative status.
    static func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(UVError) {
        if status < 0 { throw UVError(code: status, operation: operation()) }
    }
}
