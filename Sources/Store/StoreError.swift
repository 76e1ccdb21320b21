public import Wire

internal import Glibc

/// What can go wrong with durable state, and what to do about it.
public enum StoreError: Error, Equatable, Sendable {
    /// A system call failed.
    case system(operation: String, path: String, errno: Int32)
    /// No space, or the user's quota of the file system is used up. Nothing was changed.
    case diskFull(path: String)
    /// A file is not what this program wrote.
    case corrupt(path: String, detail: String)
    /// Written by a later release.
    case newerSchema(path: String, found: Int, supported: Int)
    /// Another process kept the database locked longer than the busy timeout.
    case busy(path: String)
    /// Another process uses the data directory; its id, where it could be read.
    case locked(directory: String, pid: Int32?)
    /// SQLite refused; the extended result code.
    case database(path: String, operation: String, code: Int32, message: String)
    /// The block store has a quota, in bytes, and the block does not fit.
    case quotaExceeded(needed: Int, available: Int)
    /// The bytes do not hash to the name that they came with.
    case wrongContent(CID)
    /// Bytes.
    case tooLarge(count: Int, max: Int)

    /// From `errno`.
    static func last(_ operation: String, _ path: String) -> StoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
        return .system(operation: operation, path: path, errno: code)
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "could not \(operation) \(path): \(String(cString: strerror(code)))"
        case .diskFull(let path): "the disk of \(path) is full: free space there, then start again; nothing was lost"
        case .corrupt(let path, let detail):
            "\(path) is damaged (\(detail)): move it away and restore a copy, or start without it to begin anew"
        case .newerSchema(let path, let found, let supported):
            "\(path) has format \(found), this release knows up to \(supported): install the release that wrote it, or a later one"
        case .busy(let path): "\(path) is locked by another program: close it and try again"
        case .locked(let directory, let pid):
            "\(directory) is in use by another process\(pid.map { " (pid \($0))" } ?? ""): stop it, or give another --data directory"
        case .database(let path, let operation, let code, let message):
            "could not \(operation) \(path): \(message) (SQLite \(code))"
        case .quotaExceeded(let needed, let available):
            "the block store has \(available) bytes left of its quota and \(needed) are needed: raise the quota or remove blocks"
        case .wrongContent(let cid): "the bytes of block \(cid) do not hash to its name"
        case .tooLarge(let count, let max): "\(count) bytes exceed the limit of \(max)"
        }
    }
}
