internal import ArgumentParser
internal import NodeRuntime

struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "A node of a peer-to-peer render network with proofs.",
        version: Release.version,
        groupedSubcommands: [
            CommandGroup(name: "Set up", subcommands: [ConfigCommand.self, PathsCommand.self]),
            CommandGroup(name: "About", subcommands: [VersionCommand.self, CompletionCommand.self]),
        ])

    /// Names of the commands, to tell a misspelt one from an argument out of place.
    static var names: [String] {
        configuration.groupedSubcommands.flatMap(\.subcommands).compactMap { $0.configuration.commandName } + ["help"]
    }
}
