internal import Console
internal import Glibc
internal import NodeRuntime
internal import Store

/// The data directory: whether it can be used, who uses it, its key, its database, the space of its disk.
struct DirectoryChecks {
    let findings: [Finding]
    /// Whether a node runs on it.
    let isRunning: Bool

    init(places: Places) {
        var findings: [Finding] = []
        var isRunning = false
        if TextFile.exists(places.data) {
            findings.append(DirectoryChecks.directory(places.data))
            // Held while the database is read; not made where there is nothing to protect.
            var lock: DirectoryLock?
            if TextFile.exists(places.data + "/lock") {
                do throws(StoreError) {
                    lock = try DirectoryLock(places.data)
                } catch {
                    if case .locked(_, let pid) = error {
                        isRunning = true
                        findings.append(
                            Finding(check: "node", verdict: .ok, found: "it runs\(pid.map { ", process \($0)" } ?? ""): see node status"))
                    } else {
                        findings.append(Finding(check: "node", failure: error.description, advice: "check the directory's owner and disk"))
                    }
                }
            }
            findings.append(DirectoryChecks.key(places.key))
            if TextFile.exists(places.database), !isRunning { findings.append(DirectoryChecks.database(places.database)) }
            withExtendedLifetime(lock) {}
        } else {
            findings.append(DirectoryChecks.future(places.data))
        }
        findings.append(DirectoryChecks.space(places.data))
        self.findings = findings
        self.isRunning = isRunning
    }

    private static func directory(_ path: String) -> Finding {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return Finding(
                check: "directory", verdict: .fail, found: "\(path) is no directory", advice: "move it away, or give another --data DIR")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return Finding(
                check: "directory", verdict: .fail, found: "\(path): \(String(cString: strerror(errno)))",
                advice: "run as its owner, or give another --data DIR")
        }
        let isOpen = status.st_mode & 0o077 != 0
        return Finding(
            check: "directory", verdict: isOpen ? .warn : .ok, found: path + (isOpen ? ", open to other users" : ""),
            advice: isOpen ? "chmod 700 \(path)" : "")
    }

    /// A directory that the first start will make.
    private static func future(_ path: String) -> Finding {
        let parent = nearest(path)
        guard access(parent, W_OK | X_OK) == 0 else {
            return Finding(
                check: "directory", verdict: .fail, found: "\(path) cannot be made: \(parent): \(String(cString: strerror(errno)))",
                advice: "give another --data DIR")
        }
        return Finding(check: "directory", verdict: .warn, found: "\(path) does not exist yet", advice: "make it with: node init")
    }

    /// The last part of a path that exists.
    private static func nearest(_ path: String) -> String {
        var rest = path[...]
        while !rest.isEmpty, !TextFile.exists(String(rest)) { rest = rest[..<(rest.lastIndex(of: "/") ?? rest.startIndex)] }
        return rest.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(rest)
    }

    private static func key(_ path: String) -> Finding {
        guard TextFile.exists(path) else {
            return Finding(check: "key", verdict: .warn, found: "there is none", advice: "make one with: node init (or node key new)")
        }
        do {
            let key = try NodeKey(reading: path)
            return Finding(
                check: "key", verdict: .ok, found: "\(key.peer), \(key.isEncrypted ? "under a password" : "without a password")")
        } catch let error as CommandFailure {
            return Finding(
                check: "key", verdict: .fail, found: error.problem,
                advice: error.advice.isEmpty ? "restore a copy: node key import FILE" : error.advice)
        } catch {
            return Finding(check: "key", verdict: .fail, found: "\(error)", advice: "restore a copy: node key import FILE")
        }
    }

    private static func database(_ path: String) -> Finding {
        do throws(StoreError) {
            let damage = try RecordStore(path).findDamage()
            guard damage.isEmpty else {
                return Finding(
                    check: "database", verdict: .fail, found: "\(path): \(damage.prefix(3).joined(separator: "; "))",
                    advice: "move it away and restore a copy, or start without it to begin anew; test the disk")
            }
            return Finding(check: "database", verdict: .ok, found: "every page is whole")
        } catch {
            return Finding(check: "database", failure: error.description, advice: "restore a copy")
        }
    }

    private static func space(_ path: String) -> Finding {
        var status = statvfs()
        guard statvfs(nearest(path), &status) == 0 else {
            return Finding(
                check: "disk", verdict: .warn, found: "its free space is not known: \(String(cString: strerror(errno)))",
                advice: "check the path")
        }
        let (bytes, isBeyond) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let free = isBeyond ? Int.max : Int(clamping: bytes)
        let verdict: Finding.Verdict = free < 256 << 20 ? .fail : free < 10 << 30 ? .warn : .ok
        return Finding(
            check: "disk", verdict: verdict, found: "\(Figures.bytes(free)) free",
            advice: verdict == .ok ? "" : "free some: blocks take up to store.blocks of the configuration, 10 GiB by default")
    }
}
