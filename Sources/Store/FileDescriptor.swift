internal import Glibc

/// An open file that closes itself.
struct FileDescriptor: ~Copyable {
    let number: Int32
    let path: String

    /// Never inherited by children.
    init(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(StoreError) {
        let opened = retryingInterrupted { open(path, flags | O_CLOEXEC, mode) }
        if opened < 0 { throw .last("open", path) }
        number = opened
        self.path = path
    }

    deinit { close(number) }

    /// All of the bytes, or an error; after an error an unknown part of them is in the file.
    borrowing func write(_ bytes: [UInt8]) throws(StoreError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                retryingInterrupted { Glibc.write(number, buffer.baseAddress?.advanced(by: offset), buffer.count - offset) }
            }
            if count < 0 { throw .last("write", path) }
            offset += count
        }
    }

    /// From the current place to the end.
    /// - Throws: `tooLarge` where there are more than `max` bytes; no more than that is allocated.
    borrowing func readToEnd(max: Int) throws(StoreError) -> [UInt8] {
        let size = try self.size()
        guard size <= max else { throw .tooLarge(count: size, max: max) }
        var bytes = [UInt8](repeating: 0, count: size)
        var filled = 0
        while filled < size {
            let count = bytes.withUnsafeMutableBytes { buffer in
                retryingInterrupted { Glibc.read(number, buffer.baseAddress?.advanced(by: filled), size - filled) }
            }
            if count < 0 { throw .last("read", path) }
            if count == 0 { break }
            filled += count
        }
        bytes.removeLast(size - filled)
        return bytes
    }

    borrowing func size() throws(StoreError) -> Int {
        var status = stat()
        if fstat(number, &status) != 0 { throw .last("look at", path) }
        return Int(status.st_size)
    }

    /// Returns when the contents are on the disk.
    borrowing func sync() throws(StoreError) {
        if retryingInterrupted({ fsync(number) }) != 0 { throw .last("sync", path) }
    }
}

/// Repeats a system call that a signal interrupted.
func retryingInterrupted<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
