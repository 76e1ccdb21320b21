internal import Glibc

/// Clocks, in seconds.
enum Clock {
    /// Does not go back.
    static var monotonic: Double { seconds(CLOCK_MONOTONIC) }

    /// Processor time that a process has used with all its threads, those that ended included; nil where there is no such process.
    /// Children are not in it.
    static func processorTime(of process: Int32) -> Double? {
        var clock = clockid_t()
        guard clock_getcpuclockid(process, &clock) == 0 else { return nil }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Seconds between laps.
struct Stopwatch {
    private var last = Clock.monotonic

    mutating func lap() -> Double {
        let now = Clock.monotonic
        defer { last = now }
        return now - last
    }
}

enum ProcessMemory {
    /// Bytes that a process has in memory, and the most that it ever had, from `/proc/PID/status`; nil where it is gone.
    static func resident(of process: Int32) -> (now: Int, peak: Int)? {
        guard let file = fopen("/proc/\(process)/status", "re") else { return nil }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 8192)
        let count = fread(&text, 1, text.count, file)
        return resident(status: String(decoding: text[..<count], as: UTF8.self))
    }

    static func resident(status: String) -> (now: Int, peak: Int)? {
        func kibibytes(_ key: String) -> Int? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            return line?.split { !$0.isNumber }.first.flatMap { Int($0) }
        }
        guard let now = kibibytes("VmRSS"), let peak = kibibytes("VmHWM") else { return nil }
        return (now << 10, peak << 10)
    }
}
