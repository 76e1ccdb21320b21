internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import RenderEngine
internal import RenderModel
internal import Wire

/// `node devices`: what can render here, how fast, and what is refused for which reason.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List what can render on this machine.",
        discussion: """
            Profile D is what proofs rest on: the same bits on every device. A device that cannot give them is refused. \
            Speed is measured on a small scene of the program's own.
            """)

    @Flag(name: .long, help: "List only: build nothing and measure nothing.")
    var quick = false

    @Option(
        name: .long, help: ArgumentHelp("Measure these together as well: a list such as opencl:0,opencl:1, or all.", valueName: "devices"),
        transform: DeviceOptions.parse)
    var device: DeviceChoice?

    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    private struct Row {
        var device: DeviceDescription
        /// Million paths and rays a second.
        var speed: (paths: Double, rays: Double)?
        var profile: Bytes32?
    }

    func run() throws {
        var rows = [measured(NativeDevice().description) { NativeDevice() }]
        var notice: String?
        do throws(RenderError) {
            for (index, device) in try OpenCLDevice.list().enumerated() {
                rows.append(measured(device) { () throws(RenderError) in try OpenCLDevice(index: index, cache: cache) })
            }
            if rows.count == 1 { notice = "no OpenCL device is installed" }
        } catch {
            notice = error.description
        }
        if let device {
            let together = DeviceDescription(name: device.description, details: "together")
            rows.append(measured(together) { () throws(RenderError) in try device.open(kernelCache: cache) })
        }
        let sandbox = EngineSandbox.supported
        var text = table(rows).text
        if let notice { text += "\n" + notice }
        text += "\nsandbox of the engine: \(sandbox)"
        output.print(
            .object([
                "devices": .array(rows.map(json)), "notice": notice.map { .text($0) } ?? .null,
                "sandbox": .object([
                    "network": .boolean(sandbox.confinesNetwork), "files": .boolean(sandbox.confinesFiles),
                    "description": .text(sandbox.description),
                ]),
            ]), text: text)
    }

    private var cache: String? { (try? data.places()).map { $0.cache + "/kernels" } }

    /// Opens a device, which proves its profile, and renders for half a second.
    private func measured(_ device: DeviceDescription, _ open: () throws(RenderError) -> any RenderEngine.RenderDevice) -> Row {
        var row = Row(device: device)
        guard !quick, device.refusal == nil else { return row }
        do throws(RenderError) {
            let opened = try open()
            if row.device.details == "together" { row.device.details = opened.description.details }
            row.profile = try KnownAnswers.profile(of: opened)
            row.speed = try speed(of: opened)
        } catch {
            row.device.refusal = error.description
        }
        return row
    }

    private func speed(of device: any RenderEngine.RenderDevice) throws(RenderError) -> (paths: Double, rays: Double) {
        let scene = try PreparedScene(KnownAnswers.medley)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (128, 128, 32, 8)
        let request = RenderRequest(
            settings: settings, frame: 1, rngKey: 0, tile: Tile(x: 0, y: 0, width: 128, height: 128), samples: 0..<32)
        let paths = 128.0 * 128 * 32
        var best = (paths: 0.0, rays: 0.0)
        var clock = Stopwatch()
        var spent = 0.0
        repeat {
            _ = clock.lap()
            let records = try device.render(scene, request)
            let seconds = max(clock.lap(), 1e-6)
            spent += seconds
            let rays = records.rays.reduce(0.0) { $0 + Double($1) }
            if paths / seconds / 1e6 > best.paths { best = (paths / seconds / 1e6, rays / seconds / 1e6) }
        } while spent < 0.5
        return best
    }

    private func table(_ rows: [Row]) -> TextTable {
        TextTable(
            header: ["device", "profile D", "Mpaths/s", "Mrays/s", "what"],
            rows: rows.map { row in
                [
                    row.device.name, row.device.refusal == nil ? (row.profile == nil ? "not proven" : "yes") : "refused",
                    row.speed.map { Figures.decimal($0.paths, places: 2) } ?? "-",
                    row.speed.map { Figures.decimal($0.rays, places: 1) } ?? "-",
                    row.device.refusal.map { "\(row.device.details): \($0)" } ?? row.device.details,
                ]
            }, rightAligned: [2, 3])
    }

    private func json(_ row: Row) -> JSON {
        .object([
            "name": .text(row.device.name), "details": .text(row.device.details),
            "refusal": row.device.refusal.map { .text($0) } ?? .null,
            "profile": row.profile.map { .text(Hex.encode($0.array)) } ?? .null,
            "mpaths_per_second": row.speed.map { .number($0.paths) } ?? .null,
            "mrays_per_second": row.speed.map { .number($0.rays) } ?? .null,
        ])
    }
}
