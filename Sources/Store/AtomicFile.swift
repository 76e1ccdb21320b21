internal import Glibc
internal import Synchronization

/// Files that are seen whole or not at all, also after a crash.
public enum AtomicFile {
    /// Replaces the file. When this returns the new contents are on the disk; when it throws, the old ones are untouched.
    ///
    /// - Parameter mode: of the new file, whatever the umask: 0600 for secrets.
    public static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(StoreError) {
        guard let directory = Directory.parent(of: path) else { throw .system(operation: "write", path: path, errno: EINVAL) }
        let temporary = path + temporarySuffix()
        // One with this process's id is left from a crash before the id was given to this process.
        unlink(temporary)
        do throws(StoreError) {
            try create(temporary, bytes, mode: mode)
            if rename(temporary, path) != 0 { throw .last("replace", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try Directory.sync(directory)
    }

    /// The whole file; nil where there is none.
    /// - Throws: `tooLarge` before anything is allocated.
    public static func read(_ path: String, max: Int) throws(StoreError) -> [UInt8]? {
        do throws(StoreError) {
            return try FileDescriptor(path, O_RDONLY).readToEnd(max: max)
        } catch .system(_, _, ENOENT) {
            return nil
        }
    }

    /// Writes a new file and waits for the disk. It must not exist.
    static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(StoreError) {
        let file = try FileDescriptor(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        if fchmod(file.number, mode) != 0 { throw .last("set the mode of", path) }
        try file.write(bytes)
        try file.sync()
    }

    /// No other process or thread uses the same one at the same time.
    static func temporarySuffix() -> String {
        ".\(getpid()).\(serial.wrappingAdd(1, ordering: .relaxed).newValue).tmp"
    }

    private static let serial = Atomic<UInt64>(0)
}
