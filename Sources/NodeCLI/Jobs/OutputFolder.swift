internal import Console
internal import Glibc
internal import NodeRuntime

/// A folder that results go to. It is looked at before anything is rendered or paid for, and made when the first result is there.
struct OutputFolder {
    let path: String

    init(_ path: String) { self.path = path.isEmpty ? "." : path }

    /// The folder that a file lies in.
    init(of file: String) {
        let slash = file.lastIndex(of: "/")
        self.init(slash.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? ".")
    }

    /// - Parameter isMade: it is made where it is missing; else it must be there.
    func check(isMade: Bool) throws {
        var existing = path
        while isMade, access(existing, F_OK) != 0, errno == ENOENT || errno == ENOTDIR, existing != ".", existing != "/" {
            existing = OutputFolder(of: existing).path
        }
        var status = stat()
        guard stat(existing, &status) == 0 else {
            throw refusal(existing, String(cString: strerror(errno)), advice: errno == ENOENT ? "Make it first, or choose another." : nil)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw refusal(existing, "it is no folder") }
        guard access(existing, W_OK | X_OK) == 0 else { throw refusal(existing, String(cString: strerror(errno))) }
    }

    func make() throws(FileError) { try TextFile.makeDirectory(path) }

    private func refusal(_ place: String, _ reason: String, advice: String? = nil) -> CommandFailure {
        let cause = place == path ? " (\(reason))" : ", since \(place) cannot be used (\(reason))"
        return CommandFailure(
            .failed, "\(path): nothing can be written there\(cause)",
            advice: advice ?? "Choose a folder that you may write to.")
    }
}
