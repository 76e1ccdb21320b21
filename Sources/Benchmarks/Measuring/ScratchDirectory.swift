internal import Glibc

/// A folder that goes with the value, with all that is in it.
final class ScratchDirectory {
    let path: String

    /// - Parameter parent: an existing folder; its file system is the one that is measured.
    init(in parent: String) throws(BenchmarkFailure) {
        var template = Array("\(parent)/inferix-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchmarkFailure(
                "cannot make a folder in \(parent): \(String(cString: strerror(errno)))", advice: "Name another with --dir.")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { ScratchDirectory.remove(path) }

    /// A link is removed, never followed.
    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        if let folder = opendir(path) {
            var names: [String] = []
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(name) }
            }
            closedir(folder)
            for name in names { remove("\(path)/\(name)") }
        }
        rmdir(path)
    }
}
