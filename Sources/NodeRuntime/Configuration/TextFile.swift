internal import Glibc

/// Why a file could not be read or written, with what the system says.
public struct FileError: Error, Equatable, CustomStringConvertible, Sendable {
    public let path: String
    public let problem: String
    /// The system's `errno`; 0 where it is not the system that objects.
    public let code: Int32

    init(_ path: String, _ doing: String, code: Int32) {
        self.path = path
        self.code = code
        problem = "\(doing): \(String(cString: strerror(code)))"
    }

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
        code = 0
    }

    public var description: String { "\(path): \(problem)" }
    public var isMissing: Bool { code == ENOENT }
    public var isTaken: Bool { code == EEXIST }
}

/// Small files, read whole and written so that a crash leaves the old one or the new one.
public enum TextFile {
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// - Parameter sizeMax: bytes; a larger file is refused before it is read.
    public static func read(_ path: String, sizeMax: Int = 1 << 20) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path, "cannot open it", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path, "cannot read it", code: errno)
            }
            guard bytes.count + count <= sizeMax else { throw FileError(path: path, problem: "is larger than \(sizeMax) bytes") }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    public static func readText(_ path: String, sizeMax: Int = 1 << 20) throws(FileError) -> String {
        guard let text = String(validating: try read(path, sizeMax: sizeMax), as: UTF8.self) else {
            throw FileError(path: path, problem: "is no UTF-8 text")
        }
        return text
    }

    /// Writes beside the target, syncs, and renames over it.
    /// - Parameters:
    ///   - mode: permissions of the new file, whatever the process's mask.
    ///   - replacing: false refuses where the file exists already.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, replacing: Bool = true) throws(FileError) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
        guard descriptor >= 0 else { throw FileError(path, "cannot create it", code: errno) }
        do throws(FileError) {
            defer { close(descriptor) }
            guard fchmod(descriptor, mode_t(mode)) == 0 else { throw FileError(path, "cannot set its mode", code: errno) }
            try writeAll(bytes, to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw FileError(path, "cannot sync it", code: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
        // A link fails where the name is taken; a rename replaces it. Both are atomic.
        let done = replacing ? rename(temporary, path) : link(temporary, path)
        let code = errno
        if !replacing || done != 0 { unlink(temporary) }
        guard done == 0 else { throw FileError(path, replacing ? "cannot replace it" : "cannot create it", code: code) }
        syncDirectory(of: path)
    }

    /// Makes a directory and those above it.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(FileError) {
        var at = path.startIndex
        while at < path.endIndex {
            at = path[path.index(after: at)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<at])
            guard mkdir(part, mode_t(mode)) != 0 else { continue }
            let code = errno
            var status = stat()
            if code == EEXIST, stat(part, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { continue }
            throw FileError(part, "cannot make the directory", code: code)
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path, "cannot write it", code: errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes the new name durable. A file system that cannot sync directories has nothing more to offer.
    private static func syncDirectory(of path: String) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
