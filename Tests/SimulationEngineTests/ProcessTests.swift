import Foundation
import Testing

/// The `netsim` that was built with these tests, run twice: nothing of a process (addresses, hash seeds, the environment) may get
/// into a run.
@Suite struct ProcessTests {
    struct Missing: Error { let path: String }

    /// Beside the test bundle, wherever the build keeps it.
    static func binary() throws -> String {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let bundle = maps.split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasSuffix(".xctest") }
        let path = URL(filePath: String(bundle ?? "")).deletingLastPathComponent().appending(path: "netsim").path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
        return path
    }

    /// Digest and number of events of a run in a process of its own.
    static func run(_ scenario: String, in folder: URL, environment: [String: String]) throws -> [String] {
        let report = folder.appending(path: "\(UUID().uuidString).json")
        let process = Process()
        process.executableURL = URL(filePath: try binary())
        process.arguments = ["run", scenario, "--progress", "none", "--json", report.path]
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: report)) as? [String: Any]
        return [try #require(object?["digest"] as? String), "\(try #require(object?["events"] as? Int))"]
    }

    static let overlay = """
        kind = "overlay"
        regions = "REGIONS"
        [overlay]
        nodes = 24
        core_permille = 500
        joining_seconds = 5
        settling_seconds = 10
        measuring_seconds = 5
        messages_per_minute = 60
        lookups_per_minute = 60
        churn_percent_per_hour = 5000
        [targets]
        delivered_permille_min = 900
        """

    static let jobs = """
        kind = "jobs"
        regions = "REGIONS"
        [jobs]
        workers = 4
        verifiers = 4
        clients = 1
        jobs = 1
        submitting_seconds = 1
        joining_seconds = 5
        width = 32
        height = 32
        samples = 16
        scene_blocks = 2
        scene_block_bytes = 1000
        challenges = 20
        [targets]
        jobs_verified_min = 1
        """

    @Test(arguments: [overlay, jobs])
    func twoProcessesGiveOneDigest(scenario: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "netsim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let regions = folder.appending(path: "regions.txt")
        try Data("near 2 5 40\nfar 1 40 8\n".utf8).write(to: regions)
        let file = folder.appending(path: "scenario.toml")
        try Data(scenario.replacing("REGIONS", with: regions.path).utf8).write(to: file)
        let first = try Self.run(file.path, in: folder, environment: ["HOME": "/nonexistent"])
        let second = try Self.run(file.path, in: folder, environment: ["HOME": "/", "LANG": "C", "OTHER": "1"])
        #expect(first == second)
    }
}
