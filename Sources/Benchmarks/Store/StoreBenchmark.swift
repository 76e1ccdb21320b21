internal import Crypto
internal import Store
internal import Wire

/// Records and blocks on the disk of one folder, as a node writes them: what a promise costs.
public struct StoreBenchmark {
    public struct Plan: Sendable {
        public var runs = 5
        /// Commits of one run, one after another.
        public var commits = 100
        /// Changes of a commit, and bytes of a change: those of a job's tasks.
        public var changesPerCommit = [1, 16]
        public var valueSize = 256
        /// Blocks of one run, and their bytes: tiles and scenes.
        public var blocks = 32
        public var blockSizes = [1 << 16, 1 << 20]

        public init() {}

        /// Everything once, as small as it goes.
        public static var tiny: Plan {
            var plan = Plan()
            (plan.runs, plan.commits, plan.blocks) = (1, 3, 2)
            return plan
        }
    }

    private let plan: Plan
    private let directory: String

    /// - Parameter directory: on the disk that is meant; everything that is written below it is removed.
    public init(_ plan: Plan = Plan(), directory: String) {
        self.plan = plan
        self.directory = directory
    }

    public func run(progress: (String) -> Void = { _ in }) throws -> BenchmarkReport {
        var report = BenchmarkReport("store")
        let scratch = try ScratchDirectory(in: directory)
        try measureRecords(&report, scratch.path, progress)
        try measureBlocks(&report, scratch.path, progress)
        return report
    }

    private func measureRecords(_ report: inout BenchmarkReport, _ directory: String, _ progress: (String) -> Void) throws {
        let records = try RecordStore(directory + "/records.db")
        let space = RecordSpace(rawValue: 1)
        var next: UInt64 = 0
        for count in plan.changesPerCommit {
            progress("records, \(count) per commit")
            var rates: [Double] = []
            var waits: [Double] = []
            for _ in 0..<plan.runs {
                let batches = (0..<plan.commits).map { _ in
                    (0..<count).map { _ in
                        next += 1
                        return RecordChange(space, key: key(next), value: value(next))
                    }
                }
                var watch = Stopwatch()
                for batch in batches { try records.apply(batch) }
                let seconds = watch.lap()
                rates.append(Double(plan.commits * count) / seconds)
                waits.append(seconds / Double(plan.commits) * 1e3)
            }
            let section = "records, \(count) per commit"
            report.add(section, "writes", "durable writes", "1/s", rates)
            report.add(section, "commit", "one commit", "ms", waits)
        }
        progress("records, reading")
        var rates: [Double] = []
        for _ in 0..<plan.runs {
            let count = min(next, 10_000)
            var watch = Stopwatch()
            for number in 1...max(1, count) { _ = try records.get(space, key: key(number)) }
            rates.append(Double(count) / watch.lap())
        }
        report.add("records, reading", "reads", "reads by key", "1/s", rates)
    }

    private func key(_ number: UInt64) -> [UInt8] {
        Hash.blake2b((0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }).array
    }

    private func value(_ number: UInt64) -> [UInt8] {
        (0..<plan.valueSize).map { UInt8(truncatingIfNeeded: number &+ UInt64($0)) }
    }

    private func measureBlocks(_ report: inout BenchmarkReport, _ directory: String, _ progress: (String) -> Void) throws {
        let store = try BlockStore(directory + "/blocks")
        for size in plan.blockSizes {
            let section = "blocks of \(size >> 10) KiB"
            progress(section)
            let mebibytes = Double(plan.blocks * size) / Double(1 << 20)
            var puts: [Double] = []
            var gets: [Double] = []
            var rates: [Double] = []
            for run in 0..<plan.runs {
                let blocks = (0..<plan.blocks).map { TestPattern.block(size, number: UInt64(run * plan.blocks + $0)) }
                var watch = Stopwatch()
                let names = try blocks.map { block in try store.put(block) }
                let written = watch.lap()
                for name in names {
                    guard case .found = try store.read(name) else { throw BenchmarkFailure("\(store.path(name)) did not keep its block") }
                }
                let read = watch.lap()
                for name in names { try store.remove(name) }
                puts.append(mebibytes / written)
                gets.append(mebibytes / read)
                rates.append(Double(plan.blocks) / written)
            }
            report.add(section, "put", "durable put", "MiB/s", puts)
            report.add(section, "put_rate", "durable puts", "1/s", rates)
            report.add(section, "get", "get, hash checked, from the page cache", "MiB/s", gets)
        }
    }
}
