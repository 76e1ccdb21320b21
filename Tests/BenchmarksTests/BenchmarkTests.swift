import Foundation
import RenderEngine
import Testing

@testable import Benchmarks

/// Every benchmark from end to end at its smallest: that each figure is there and possible. What they say about speed is not tested.
@Suite struct BenchmarkTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private let scene = BenchmarkTests.root.appending(path: "scenes/cornell.glb").path

    /// The program that was built with these tests.
    private func node() throws -> String {
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let bundle = maps.split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasSuffix(".xctest") }
        let path = URL(filePath: String(try #require(bundle))).deletingLastPathComponent().appending(path: "node").path
        try #require(FileManager.default.isExecutableFile(atPath: path))
        return path
    }

    private func withDirectory(_ body: (String) throws -> BenchmarkReport) throws -> BenchmarkReport {
        let directory = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let report = try body(directory)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [], "nothing is left behind")
        return report
    }

    private func names(_ report: BenchmarkReport) -> [String: [String]] {
        Dictionary(uniqueKeysWithValues: report.sections.map { ($0.name, $0.measurements.map(\.name)) })
    }

    @Test func storeHasItsFigures() throws {
        let report = try withDirectory { try StoreBenchmark(.tiny, directory: $0).run() }
        #expect(
            names(report) == [
                "records, 1 per commit": ["writes", "commit"], "records, 16 per commit": ["writes", "commit"],
                "records, reading": ["reads"], "blocks of 64 KiB": ["put", "put_rate", "get"],
                "blocks of 1024 KiB": ["put", "put_rate", "get"],
            ])
        #expect(report.sections.flatMap(\.measurements).allSatisfy { $0.min > 0 })
    }

    @Test func theSoakComesBack() throws {
        let report = try withDirectory { try SoakBenchmark(.tiny, node: try node(), directory: $0).run() }
        let figures = ["heap", "resident", "handles", "descriptors", "connections", "peer_states"]
        #expect(
            names(report) == [
                "churn": ["lives", "connections_peak"], "before": figures, "at its peak": ["heap", "resident"],
                "after": figures + ["heap_ratio"],
            ])
        #expect(try #require(report["churn", "lives"]).min > 0)
        #expect(try #require(report["before", "peer_states"]).min >= 2, "a peer that stays, and the one that asks")
    }

    @Test func proofHasItsFigures() throws {
        let report = try withDirectory { try ProofBenchmark(.tiny, node: try node(), directory: $0).run(scene: scene) }
        let worker = "Worker: cornell.glb, 32x24, 64 samples"
        let check = "one Verifier, 8 rays and 8 pixels"
        let marks = "Verifier: 320x264, decoded, 12 quads, 0 windows"
        #expect(
            names(report) == [
                worker: ["render", "tree", "tree_rate", "picture", "records_share", "locators", "openings"],
                check: ["draw", "check_locators", "recompute", "check_openings", "check_picture", "places", "rays"],
                "all 2 Verifiers": ["ray_share", "ray_share_1080p"], "bytes": ["locators", "openings", "picture", "bundle"],
                "Manager: quads before 200 triangles, task of 256x256": ["load", "build", "sample", "placement", "insertion"],
                "Manager: hidden marks, cornell.glb": ["texels", "windows", "bytes"],
                marks: ["l0", "l1_quads", "l1_hidden", "l1", "key", "memory_exr", "memory_png"],
            ])
        for format in ["exr", "png"] { #expect(try #require(report[marks, "memory_\(format)"]).min > 5) }
        // One bucket per ray, all four of a pixel; places drawn by both are rendered once.
        let places = try #require(report[check, "places"])
        #expect(places.values.count == 2)
        #expect(places.min > 20 && places.max <= 8 + 8 * 4)
        let share = try #require(report["all 2 Verifiers", "ray_share"]?.median)
        let wide = try #require(report["all 2 Verifiers", "ray_share_1080p"]?.median)
        #expect(share > 0.5 && share < 10)
        #expect(abs(share / wide - 1920 * 1080 / (32 * 24)) < 1e-6 * share / wide)
        #expect(report["bytes", "picture"]?.median == 9.0)
        let records = try #require(report["bytes", "locators"]?.median) + (try #require(report["bytes", "openings"]?.median))
        #expect(try #require(report["bytes", "bundle"]?.median) > 1.9 * records)
    }

    @Test func renderHasItsFigures() throws {
        var plan = RenderBenchmark.Plan.tiny
        plan.devices = [.native]
        plan.threads = 1
        let report = try withDirectory { directory in
            try RenderBenchmark(plan, node: try node(), directory: directory).run(scenes: [scene, "/nowhere.glb"])
        }
        #expect(
            names(report) == [
                "cornell.glb": [
                    "load", "build", "triangles", "memory", "bytes_per_triangle", "render.native", "paths.native", "rays.native",
                    "first_pixel.native",
                ]
            ])
        #expect(report["cornell.glb", "triangles"]?.median == 36)
        let paths = try #require(report["cornell.glb", "paths.native"]?.median)
        #expect(try #require(report["cornell.glb", "rays.native"]?.median) > paths, "every path has more than one ray")
        #expect(report.notRun.map(\.name) == ["nowhere.glb"])
    }

    @Test func netHasItsFigures() throws {
        let report = try withDirectory { try NetBenchmark(.tiny, node: try node(), directory: $0).run() }
        let load = [
            "connection_memory", "handshakes", "handshake_cpu", "handshake_of_curves", "ping", "ping_cpu", "receive", "receive_cpu",
            "receive_of_cipher", "send", "send_cpu", "send_of_cipher", "gossip", "gossip_cpu", "gossip_of_verification", "blocks",
            "blocks_cpu",
        ]
        #expect(report.notRun == [])
        #expect(
            names(report) == [
                "this machine": ["cipher", "verification", "handshake_curves"],
                "idle Verifier": ["connections", "resident", "resident_peak", "processor_time"],
                "idle Manager": ["resident", "resident_peak"], "target": load,
            ])
        for name in load where name != "connection_memory" { #expect(try #require(report["target", name]).min > 0, "\(name)") }
    }

    @Test func netSaysWhenThereIsNoPython() throws {
        var plan = NetBenchmark.Plan.tiny
        (plan.handshakes, plan.messages, plan.blocks) = (1, 16, 1)
        let report = try withDirectory { try NetBenchmark(plan, node: try node(), directory: $0).run(peer: .py, python: "/bin/false") }
        #expect(report.notRun.map(\.name) == ["py-libp2p"])
        #expect(report["target", "gossip"] != nil)
    }

    @Test func whatDoesNotStartIsReported() throws {
        #expect(throws: BenchmarkFailure.self) { try NetBenchmark(.tiny, node: "/bin/false", directory: "/tmp").run() }
    }
}
