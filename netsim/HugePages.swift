import Glibc

/// A run of thousands of nodes waits for memory most of the time: with huge pages it is a sixth faster.
enum HugePages {
    /// glibc's allocator is told at the start of a process and never again, so the program begins anew; where it cannot, the run goes on
    /// without. Who has set the variable has chosen.
    static func request() {
        let variable = "GLIBC_TUNABLES"
        guard getenv(variable) == nil, setenv(variable, "glibc.malloc.hugetlb=1", 1) == 0 else { return }
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
