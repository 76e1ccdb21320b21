internal import ArgumentParser
internal import Glibc
internal import NodeRuntime

@main
enum Program {
    static func main() {
        // A reader that goes away, as in `node job ls | head`, is an error of the write and not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Parses and runs one command line; messages go to the terminal.
    static func run(_ arguments: [String]) -> CommandStatus {
        do {
            try checkVerb(arguments)
            var command = try NodeCommand.parseAsRoot(arguments)
            try command.run()
            return .done
        } catch {
            let (status, message) = outcome(of: error)
            if !message.isEmpty { (status == .done ? Terminal.output : Terminal.error).line(message) }
            return status
        }
    }

    private static func checkVerb(_ arguments: [String]) throws {
        guard let verb = arguments.first, !verb.hasPrefix("-"), !NodeCommand.names.contains(verb) else { return }
        let nearest = NearestName.of(verb, among: NodeCommand.names)
        throw CommandFailure(
            .usage, "there is no command \(verb)", advice: nearest.map { "Did you mean \($0)?" } ?? "See: node --help")
    }

    /// The exit status and the message that an error of a command stands for.
    static func outcome(of error: any Error) -> (CommandStatus, String) {
        switch error {
        case let failure as CommandFailure: return (failure.status, "node: \(failure.description)")
        case let failure as ConfigurationError: return (.configuration, "node: \(failure.description)")
        case let failure as FileError: return (.failed, "node: \(failure.description)")
        default: break
        }
        // Requests for help arrive here too, as errors that succeed.
        let text = NodeCommand.fullMessage(for: error)
        switch NodeCommand.exitCode(for: error) {
        case .success: return (.done, text)
        case .validationFailure: return (.usage, text)
        default: return (.failed, "node: \(error)")
        }
    }
}
