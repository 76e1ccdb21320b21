internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import RenderEngine

/// The engine process: started by a node, never by a person.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Render for a node over standard input and output.", shouldDisplay: false)

    @OptionGroup var device: DeviceOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let status = EngineMain.run(device: device.device, threads: device.threads, kernelCache: try data.places().cache + "/kernels")
        if status != 0 { throw CommandFailure(.failed, "the engine ended: its last answer says why") }
    }
}

/// Flags that choose what renders.
struct DeviceOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Render on native, opencl[:N], several of them with commas between, or all.", valueName: "devices"),
        transform: DeviceOptions.parse)
    var device: DeviceChoice = .native

    @Option(name: .long, help: ArgumentHelp("Threads of the native device (default: one per processor).", valueName: "n"))
    var threads: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads is 1 to 256") }
    }

    static func parse(_ text: String) throws -> DeviceChoice {
        guard let choice = DeviceChoice(text) else {
            throw ValidationError("'\(text)' is no device: give native, opencl, opencl:N, a list such as opencl:0,opencl:1, or all")
        }
        return choice
    }
}
