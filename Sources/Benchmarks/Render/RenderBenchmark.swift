internal import EventLoop
internal import NodeRuntime
internal import ProofOfRender
public import RenderEngine
internal import RenderModel
internal import SceneIO

/// Scenes on devices: loading, building, rendering, memory, and how soon the first pixel comes from a cold start.
public struct RenderBenchmark {
    public struct Plan: Sendable {
        public var runs = 3
        /// Pixels a side, samples per pixel, segments of a path: as the speed targets have it.
        public var size: UInt32 = 256
        public var samples: UInt32 = 16
        public var depth: UInt32 = 8
        /// OpenCL devices are measured where there are any.
        public var devices: [DeviceChoice] = [.native, .openCL(index: 0)]
        public var threads: Int?

        public init() {}

        /// Everything once, as small as it goes.
        public static var tiny: Plan {
            var plan = Plan()
            (plan.runs, plan.size) = (1, 16)
            return plan
        }
    }

    private let plan: Plan
    private let node: String
    private let directory: String

    /// - Parameters:
    ///   - node: the program of the node, for starts from cold.
    ///   - directory: where compiled kernels are kept meanwhile.
    public init(_ plan: Plan = Plan(), node: String, directory: String) {
        self.plan = plan
        self.node = node
        self.directory = directory
    }

    /// - Parameter scenes: files; each is a section of the report.
    public func run(scenes: [String], progress: (String) -> Void = { _ in }) throws -> BenchmarkReport {
        var report = BenchmarkReport("render")
        let scratch = try ScratchDirectory(in: directory)
        let devices = open(&report, scratch.path)
        for path in scenes {
            let name = String(path.split(separator: "/").last ?? "")
            progress("\(name): loading")
            do {
                try measure(name, path, devices, scratch.path, &report, progress)
            } catch let error as SceneError {
                report.skip(name, because: error.description)
            } catch let error as RenderError {
                report.skip(name, because: error.description)
            }
        }
        return report
    }

    private typealias Device = (name: String, device: any RenderEngine.RenderDevice)

    private func open(_ report: inout BenchmarkReport, _ directory: String) -> [Device] {
        var devices: [Device] = []
        for choice in plan.devices {
            do throws(RenderError) {
                // The folder that `node render --data` uses, so that its kernels are compiled already.
                let device = try choice.open(threads: plan.threads, kernelCache: Places(directory: directory).cache + "/kernels")
                devices.append((choice.description, device))
            } catch {
                report.skip(choice.description, because: error.description)
            }
        }
        return devices
    }

    private func measure(
        _ name: String, _ path: String, _ devices: [Device], _ directory: String, _ report: inout BenchmarkReport,
        _ progress: (String) -> Void
    ) throws {
        var (loads, builds): ([Double], [Double]) = ([], [])
        var prepared: PreparedScene?
        for _ in 0..<plan.runs {
            var watch = Stopwatch()
            let loaded = try SceneReader().load(path: path)
            loads.append(watch.lap())
            prepared = try PreparedScene(loaded.scene)
            builds.append(watch.lap())
        }
        guard let scene = prepared else { return }
        let statistics = scene.statistics
        report.add(name, "load", "load", "s", loads)
        report.add(name, "build", "build", "s", builds)
        report.add(name, "triangles", "triangles", "", [Double(statistics.triangles)])
        report.add(name, "memory", "memory of model and scene", "MiB", [Double(statistics.memory) / Double(1 << 20)])
        report.add(name, "bytes_per_triangle", "memory per triangle", "B", [Double(statistics.memory) / Double(statistics.triangles)])
        try measureRates(name, scene, devices, &report, progress)
        for device in devices {
            progress("\(name): first pixel, \(device.name)")
            let times = try (0..<plan.runs).map { _ in try firstPixel(path, device.name, directory) }
            report.add(name, "first_pixel.\(device.name)", "first pixel from a cold start, \(device.name)", "s", times)
        }
    }

    /// Devices take turns, so that a machine that slows down slows all of them.
    private func measureRates(
        _ name: String, _ scene: PreparedScene, _ devices: [Device], _ report: inout BenchmarkReport, _ progress: (String) -> Void
    ) throws {
        var times = devices.map { _ in [Double]() }
        var rays = devices.map { _ in UInt64(0) }
        for run in 0..<plan.runs {
            for (index, device) in devices.enumerated() {
                progress("\(name): \(device.name), run \(run + 1) of \(plan.runs)")
                var watch = Stopwatch()
                let records = try device.device.render(scene, request(seed: UInt64(run)))
                times[index].append(watch.lap())
                rays[index] += records.rays.reduce(0) { $0 + UInt64($1) }
            }
        }
        let paths = Double(plan.size) * Double(plan.size) * Double(plan.samples)
        for (index, device) in devices.enumerated() {
            let rays = Double(rays[index]) / Double(plan.runs)
            report.add(name, "render.\(device.name)", "render, \(device.name)", "s", times[index])
            report.add(name, "paths.\(device.name)", "paths, \(device.name)", "M/s", times[index].map { paths / $0 / 1e6 })
            report.add(name, "rays.\(device.name)", "rays, \(device.name)", "M/s", times[index].map { rays / $0 / 1e6 })
        }
    }

    private func request(seed: UInt64) -> RenderRequest {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (plan.size, plan.size, plan.samples, plan.depth)
        return RenderRequest(
            settings: settings, frame: 1, rngKey: RNGKey.local(seed: seed), tile: Tile(x: 0, y: 0, width: plan.size, height: plan.size),
            samples: 0..<plan.samples)
    }

    /// Seconds from the start of a process to its end, which has by then loaded the scene, built its tree, rendered a tile of 8×8 pixels
    /// in the middle of the picture and reported it.
    private func firstPixel(_ path: String, _ device: String, _ directory: String) throws -> Double {
        let loop = try EventLoop()
        defer { try? loop.shutdown() }
        let middle = plan.size / 2 & ~7
        var command = ChildProcess.Command(
            node,
            [
                "render", path, "--size", "\(plan.size)x\(plan.size)", "--samples", "\(plan.samples)", "--crop", "\(middle),\(middle),8,8",
                "--device", device, "--data", directory, "--json",
            ])
        // What is printed is the report's alone.
        (command.standardOutput, command.standardError) = (.null, .null)
        var watch = Stopwatch()
        let process = try ChildProcess(loop: loop, command)
        _ = try loop.run(for: .seconds(60)) { process.exitStatus != nil }
        let seconds = watch.lap()
        // 5: the picture is black or constant there, which is for the artist to judge.
        guard let status = process.exitStatus, status == .exited(code: 0) || status == .exited(code: 5) else {
            throw BenchmarkFailure("\(node) render \(path) did not work", advice: "Run it by hand: it says why.")
        }
        return seconds
    }
}
