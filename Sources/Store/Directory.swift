internal import Glibc

/// Directories of the file system.
public enum Directory {
    /// Makes the directory and those above it, for this user alone (mode 0700). One that exists is left as it is.
    public static func create(_ path: String) throws(StoreError) {
        if mkdir(path, 0o700) == 0 { return }
        if errno == EEXIST {
            guard kind(of: path) == S_IFDIR else { throw .system(operation: "create the directory", path: path, errno: ENOTDIR) }
            return
        }
        guard errno == ENOENT, let parent = parent(of: path), parent != path else { throw .last("create the directory", path) }
        try create(parent)
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw .last("create the directory", path) }
    }

    /// Makes creations, renames and removals in the directory durable.
    static func sync(_ path: String) throws(StoreError) {
        try FileDescriptor(path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// The names in the directory without `.` and `..`, sorted; empty where there is no such directory.
    public static func names(_ path: String) throws(StoreError) -> [String] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw .last("read the directory", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw .last("read the directory", path) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// `dir/name` gives `dir`; `name` gives `.`.
    static func parent(of path: String) -> String? {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard !trimmed.isEmpty else { return nil }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// `S_IFREG`, `S_IFDIR` and so on; nil where there is nothing.
    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
