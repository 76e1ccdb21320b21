internal import CClock
internal import Console
internal import Glibc
internal import NodeRuntime

/// The machine itself: libraries, memory, descriptors, clock.
enum MachineChecks {
    static var findings: [Finding] { [libraries, memory, descriptors, clock] }

    /// The shared libraries that this process runs with. What it cannot start without is there; the list says which one it is.
    private static var libraries: Finding {
        let wanted = ["libuv", "libsodium", "libsqlite3", "libpng", "libjpeg", "libOpenEXRCore"]
        var found: [String] = []
        let maps = (try? TextFile.readText("/proc/self/maps", sizeMax: 16 << 20)) ?? ""
        for line in maps.split(separator: "\n") {
            guard let path = line.split(separator: " ").last, let name = path.split(separator: "/").last else { continue }
            guard wanted.contains(where: { name.hasPrefix($0) }), name.contains(".so"), !found.contains(String(name)) else { continue }
            found.append(String(name))
        }
        return Finding(
            check: "libraries", verdict: .ok, found: found.isEmpty ? "linked into the program" : found.sorted().joined(separator: ", "))
    }

    private static var memory: Finding {
        let bytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        let least = 2 << 30
        return Finding(
            check: "memory", verdict: bytes >= least ? .ok : .warn, found: Figures.bytes(bytes),
            advice: bytes >= least ? "" : "a scene of a million triangles takes some 200 MiB: large jobs may not fit")
    }

    private static var descriptors: Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let count = Int(clamping: limit.rlim_cur)
        // A Manager or bootstrap peer keeps up to 1,000 connections, and files beside them.
        return Finding(
            check: "descriptors", verdict: count >= 1_200 ? .ok : .warn,
            found: count >= 1 << 30 ? "no limit" : "at most \(count) open files",
            advice: count >= 1_200 ? "" : "a Manager needs 1,200: raise the limit (ulimit -n 4096, or LimitNOFILE= of the unit)")
    }

    /// Rounds of the beacon are counted by the clock, so a wrong one makes every message of this node late or early.
    private static var clock: Finding {
        var bound = 0.0
        let discipline = clock_discipline(&bound)
        let year = gmtimeYear()
        if year < 2025 {
            return Finding(check: "clock", verdict: .fail, found: "it shows the year \(year)", advice: "set it, and keep it set by NTP")
        }
        guard discipline >= 0 else {
            return Finding(
                check: "clock", verdict: .warn, found: "the kernel does not say whether it is synchronised",
                advice: "check it by hand: timedatectl")
        }
        if discipline == 0 {
            return Finding(
                check: "clock", verdict: .warn, found: "nothing synchronises it here",
                advice: "run an NTP client (systemd-timesyncd, chrony); in a container the host's clock counts")
        }
        return Finding(
            check: "clock", verdict: bound < 1 ? .ok : .warn, found: "synchronised, within \(Figures.decimal(bound, places: 3)) s",
            advice: bound < 1 ? "" : "check the NTP client: timedatectl timesync-status")
    }

    private static func gmtimeYear() -> Int {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        return Int(parts.tm_year) + 1900
    }
}
