/// What `make fuzz` drives with bytes of its own making, and `Replay` with those of the corpus. A run that traps has found something.
protocol FuzzTarget {
    static func run(_ bytes: [UInt8])
}
