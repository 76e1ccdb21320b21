public import ArgumentParser
public import NodeRuntime

/// Options of every command that needs to know where the node keeps its files.
public struct DataOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Keep everything under DIR (default: INFERIX_HOME, then the XDG directories).", valueName: "dir"))
    public var data: String?

    public init() {}

    public func places() throws -> Places { try Places(directory: data, environment: ProcessEnvironment.variables) }

    /// The configuration as it would be for a node of this directory.
    public func configuration(_ flags: [ResolvedConfiguration.Flag] = []) throws -> ResolvedConfiguration {
        let path = try places().configuration
        var file: (path: String, text: String)?
        do throws(FileError) {
            file = (path, try TextFile.readText(path))
        } catch {
            guard error.isMissing else { throw ConfigurationError(place: path, problem: error.problem) }
        }
        let resolved = try ResolvedConfiguration(flags: flags, environment: ProcessEnvironment.variables, file: file)
        for warning in resolved.warnings { Terminal.error.line("warning: \(warning)") }
        return resolved
    }
}

public struct JSONOption: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON object.")
    public var json = false

    public init() {}

    /// Prints a result in the form that was asked for.
    public func print(_ object: JSON, text: String) { Terminal.output.line(json ? object.text : text) }
}
