internal import Glibc
internal import NodeRuntime

/// Where a report was made; figures of two machines or builds are not to be compared.
public struct Machine: Equatable, Sendable {
    /// Product name, as the kernel has it.
    public var processor: String
    /// Processors that are online.
    public var processors: Int
    /// `release` or `debug`: of this program.
    public var build: String

    public init(processor: String, processors: Int, build: String) {
        self.processor = processor
        self.processors = processors
        self.build = build
    }

    public static var current: Machine {
        Machine(
            processor: processorName((try? TextFile.readText("/proc/cpuinfo", sizeMax: 16 << 20)) ?? ""),
            processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)), build: isDebugBuild ? "debug" : "release")
    }

    /// Assertions are not evaluated in a release.
    private static var isDebugBuild: Bool {
        var isDebugBuild = false
        assert({ isDebugBuild = true }() == ())
        return isDebugBuild
    }

    static func processorName(_ cpuinfo: String) -> String {
        let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }
        return name.map(String.init) ?? "unknown processor"
    }
}
