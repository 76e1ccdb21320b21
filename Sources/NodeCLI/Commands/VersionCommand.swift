internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")
    @OptionGroup var output: JSONOption

    func run() {
        output.print(
            .object(["name": "node", "version": .text(Release.version), "build": .text(VersionCommand.build)]),
            text: "node \(Release.version) (\(VersionCommand.build))")
    }

    #if DEBUG
        static let build = "debug"
    #else
        static let build = "release"
    #endif
}
