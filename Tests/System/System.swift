import Testing

/// The binaries as people run them: real processes, real sockets, real files. One test at a time, since each has the machine's
/// processors to share with its own processes.
@Suite("The system", .serialized)
struct SystemTests {}
