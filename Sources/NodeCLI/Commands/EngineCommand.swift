internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import RenderEngine

/// The engine process: started by a node, never by a person.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Render for a node over standard input and output.", shouldDisplay: false)

    @Option(name: .long, help: "native, or opencl[:N].", transform: DeviceChoice.parse)
    var device: DeviceChoice = .native

    @Option(name: .long, help: "Threads of the native device (default: one per processor).")
    var threads: Int?

    @OptionGroup var data: DataOptions

    func run() throws {
        let status = EngineMain.run(device: device, threads: threads, kernelCache: try data.places().cache + "/kernels")
        if status != 0 { throw ExitCode(status) }
    }
}

extension DeviceChoice {
    /// From a flag.
    static func parse(_ text: String) throws -> DeviceChoice {
        guard let choice = DeviceChoice(text) else { throw ValidationError("'\(text)' is no device: give native, opencl or opencl:N") }
        return choice
    }
}
