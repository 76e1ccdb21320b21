import Glibc

/// Files that are there whole or not at all.
public enum AtomicFile {
    /// Writes beside the target, flushes to the disk, renames over the target. What was there stays until the rename.
    public static func write(_ bytes: [UInt8], to path: String) throws(SceneError) {
        let (folder, name) = split(path)
        guard !name.isEmpty else {
            throw SceneError(.unreadable, at: path, "the path names a folder", advice: "add a file name")
        }
        // The process id and a number keep two writers of one name apart; `O_EXCL` keeps them honest.
        var descriptor: Int32 = -1
        var temporary = ""
        for attempt in 0..<100 {
            temporary = "\(folder)/.\(name.prefix(180)).\(getpid()).\(attempt).part"
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 || errno != EEXIST { break }
        }
        guard descriptor >= 0 else {
            throw failed("no file can be made in \(folder)", path, advice: "choose a folder that exists and that you may write to")
        }
        guard writeAll(bytes, descriptor), fsync(descriptor) == 0 else {
            let error = failed("the file cannot be written", path, advice: "check the free space")
            close(descriptor)
            unlink(temporary)
            throw error
        }
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let error = failed("the finished file cannot take its name", path, advice: "check that no folder has that name")
            unlink(temporary)
            throw error
        }
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if parent >= 0 {
            // Some file systems cannot flush a folder; the file itself is safe.
            _ = fsync(parent)
            close(parent)
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = String(path[..<slash])
        return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
    }

    private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                done += count
            }
            return true
        }
    }

    private static func failed(_ reason: String, _ path: String, advice: String) -> SceneError {
        SceneError(.unreadable, at: path, "\(reason) (\(SceneFiles.systemError()))", advice: advice)
    }
}
