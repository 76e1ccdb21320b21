import ArgumentParser
import Console
import NodeRuntime

@main
enum Netsim {
    static func main() { Program.main(NetsimCommand.self) }
}

struct NetsimCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netsim",
        abstract: "Run the shipping node in simulated time, thousands at once.",
        version: Release.version,
        subcommands: [RunCommand.self, ListCommand.self])
}

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the scenarios that can be run by name.")
    @OptionGroup var output: JSONOption

    func run() throws {
        let files = ScenarioFile.all()
        let scenarios = try files.map { try ScenarioFile(path: $0) }
        output.print(
            .array(scenarios.map { .object(["name": .text($0.name), "about": .text($0.about), "file": .text($0.path)]) }),
            text: scenarios.isEmpty
                ? "no scenario found in \(ScenarioFile.folders.joined(separator: " or "))"
                : scenarios.map { "\($0.name.padded(to: 16)) \($0.about)" }.joined(separator: "\n"))
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
