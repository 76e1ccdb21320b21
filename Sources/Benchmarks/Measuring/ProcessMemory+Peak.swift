internal import Glibc

extension ProcessMemory {
    /// Runs a program until it ends and gives the most bytes that it ever had in memory. Its output is dropped.
    ///
    /// The high-water mark that the kernel gives at the end of a child may be the parent's own, from before the program was there.
    /// So the child is watched, ten thousand times a second.
    static func peak(of program: String, _ arguments: [String]) throws(BenchmarkFailure) -> Int {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var words = ([program] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        words.append(nil)
        var child: pid_t = 0
        guard posix_spawn(&child, program, &actions, nil, words, environ) == 0 else {
            throw BenchmarkFailure("\(program) does not start: \(String(cString: strerror(errno)))")
        }
        var (peak, status): (Int, Int32) = (0, 0)
        while waitpid(child, &status, WNOHANG) == 0 {
            if let memory = resident(of: child) { peak = max(peak, memory.peak) }
            usleep(100)
        }
        // 4: the picture does not pass, which is as good here.
        let code = status >> 8 & 0xff
        guard status & 0x7f == 0, code == 0 || code == 4, peak > 0 else {
            throw BenchmarkFailure("\(program) \(arguments.joined(separator: " ")) ended with status \(status)")
        }
        return peak
    }
}
