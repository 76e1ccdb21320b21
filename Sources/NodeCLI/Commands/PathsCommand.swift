internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct PathsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "paths", abstract: "Print where the node keeps its files.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let places = try data.places()
        let rows = [("configuration", places.configuration), ("data", places.data), ("key", places.key), ("cache", places.cache)]
        output.print(
            .object([
                "configuration": .text(places.configuration), "data": .text(places.data), "key": .text(places.key),
                "cache": .text(places.cache),
            ]),
            text: rows.map { "\($0.0)\t\($0.1)" }.joined(separator: "\n"))
    }
}
