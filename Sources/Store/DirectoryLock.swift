internal import Glibc

/// Holds a data directory for one process.
///
/// A lock of the kernel (`flock`) on `DIR/lock`, which ends with the process however it ends; the file holds the process id for
/// people and for the error of the second process. The file is never removed: a removed file could be locked twice.
public final class DirectoryLock: Sendable {
    public let directory: String
    private let number: Int32

    /// - Throws: `locked` with the id of the process that holds it.
    public init(_ directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let file = retryingInterrupted { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        if file < 0 { throw .last("open", path) }
        if retryingInterrupted({ flock(file, LOCK_EX | LOCK_NB) }) != 0 {
            let error = errno == EWOULDBLOCK ? StoreError.locked(directory: directory, pid: Self.holder(file)) : .last("lock", path)
            close(file)
            throw error
        }
        // Only who holds the lock may touch the file, in `deinit` too.
        self.directory = directory
        number = file
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(file, 0) != 0 || pwrite(file, text, text.count, 0) != text.count { throw .last("write", path) }
    }

    deinit {
        ftruncate(number, 0)
        // A child that was forked meanwhile has the descriptor until it runs its program: closing ours would leave the lock to it.
        flock(number, LOCK_UN)
        close(number)
    }

    /// The holder writes its id right after it has the lock: waits for that up to a tenth of a second.
    private static func holder(_ number: Int32) -> Int32? {
        for _ in 0..<10 {
            var text = [UInt8](repeating: 0, count: 16)
            let count = pread(number, &text, text.count, 0)
            if count > 0, let pid = Int32(String(decoding: text[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) {
                return pid
            }
            usleep(10_000)
        }
        return nil
    }
}
