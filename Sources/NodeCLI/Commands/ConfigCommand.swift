internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show, check or write the configuration.",
        discussion: "Flags win over INFERIX_… variables, these over the file, and the file over the defaults.",
        subcommands: [Show.self, Check.self, Default.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print what is in force, and where each value comes from.")
        @OptionGroup var data: DataOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let resolved = try data.configuration()
            let settings = Configuration.settings.fields.map { field in
                JSON.object([
                    "key": .text(field.key), "value": JSON(field.item(of: resolved.configuration)),
                    "origin": .text(resolved.origin(of: field.key).description),
                ])
            }
            output.print(.object(["settings": .array(settings)]), text: resolved.text.trimmed)
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the configuration and the network definition that it names; exit 78 if either cannot be used.")
        @OptionGroup var data: DataOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let places = try data.places()
            let resolved = try data.configuration()
            let network = try NetworkDefinition.load(resolved.configuration.network, places: places)
            output.print(
                .object(["file": .text(places.configuration), "network": .text(network.name), "network_id": .text("\(network.identifier)")]
                ),
                text: "the configuration is good; network \(network.name), \(network.identifier)")
        }
    }

    struct Default: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print every key with its meaning, type, variable and default.")
        @OptionGroup var output: JSONOption

        func run() {
            let settings = Configuration.settings.fields.map { field in
                JSON.object([
                    "key": .text(field.key), "type": .text(field.typeName), "variable": .text(Configuration.variable(of: field.key)),
                    "default": JSON(field.item(of: Configuration())), "meaning": .text(field.meaning),
                ])
            }
            output.print(.object(["settings": .array(settings)]), text: Configuration.defaultText.trimmed)
        }
    }
}

extension JSON {
    init(_ item: TOMLItem) {
        switch item {
        case .text(let text): self = .text(text)
        case .integer(let value): self = .integer(value)
        case .boolean(let value): self = .boolean(value)
        case .list(let items): self = .array(items.map(JSON.init))
        case .other: self = .null
        }
    }
}

extension String {
    /// Without the line ends at its end: what prints it adds one.
    fileprivate var trimmed: String { String(self[..<(lastIndex { $0 != "\n" }.map(index(after:)) ?? startIndex)]) }
}
