internal import ArgumentParser
internal import NodeRuntime

struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "A node of a peer-to-peer render network with proofs.",
        version: Release.version,
        subcommands: [EngineCommand.self],
        groupedSubcommands: [
            CommandGroup(name: "Set up", subcommands: [InitCommand.self, KeyCommand.self, ConfigCommand.self, PathsCommand.self]),
            CommandGroup(
                name: "Run",
                subcommands: [
                    RunCommand.self, StatusCommand.self, PeersCommand.self, PauseCommand.self, ParkCommand.self, ResumeCommand.self,
                    DrainCommand.self, DevnetCommand.self,
                ]),
            CommandGroup(name: "Render on the network", subcommands: [SubmitCommand.self, JobCommand.self, SceneReadCommand.self]),
            CommandGroup(name: "Check", subcommands: [ProofCommand.self, PenaltiesCommand.self]),
            CommandGroup(
                name: "Render on this machine",
                subcommands: [RenderCommand.self, DevicesCommand.self, BenchCommand.self, DoctorCommand.self]),
            CommandGroup(name: "About", subcommands: [VersionCommand.self, CompletionCommand.self]),
        ],
        defaultSubcommand: RunCommand.self)
}
