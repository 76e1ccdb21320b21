public import ArgumentParser
internal import Glibc
internal import NodeRuntime

/// From the arguments of a process to its exit status.
public enum Program {
    /// The whole of a binary's `main`.
    public static func main(_ root: (some ParsableCommand).Type) -> Never {
        // A reader that goes away, as in `node job ls | head`, is an error of the write and not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        // The mask is inherited: whoever started us may have blocked what the loop lives on, SIGCHLD and SIGTERM among it.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        exit(run(root, Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Parses and runs one command line; messages go to the terminal.
    static func run(_ root: (some ParsableCommand).Type, _ arguments: [String]) -> CommandStatus {
        do {
            try checkVerbs(root, arguments, words: [name(root)])
            var command = try root.parseAsRoot(arguments)
            try command.run()
            return .done
        } catch {
            let (status, message) = outcome(of: error, root)
            if !message.isEmpty { (status == .done ? Terminal.output : Terminal.error).line(message) }
            return status
        }
    }

    /// Tells a misspelt command from an argument out of place, in commands of commands too.
    private static func checkVerbs(_ root: any ParsableCommand.Type, _ arguments: [String], words: [String]) throws {
        let configuration = root.configuration
        let commands = configuration.groupedSubcommands.flatMap(\.subcommands) + configuration.ungroupedSubcommands
        guard !commands.isEmpty, let verb = arguments.first, !verb.hasPrefix("-"), verb != "help" else { return }
        if let command = commands.first(where: { names($0).contains(verb) }) {
            return try checkVerbs(command, Array(arguments.dropFirst()), words: words + [verb])
        }
        let nearest = NearestName.of(verb, among: commands.flatMap(names) + ["help"])
        throw CommandFailure(
            .usage, "there is no command \((words.dropFirst() + [verb]).joined(separator: " "))",
            advice: nearest.map { "Did you mean \($0)?" } ?? "See: \(words.joined(separator: " ")) --help")
    }

    private static func names(_ command: any ParsableCommand.Type) -> [String] {
        // A command without a name of its own is called for its type, in small letters.
        [command.configuration.commandName ?? "\(command)".lowercased()] + command.configuration.aliases
    }

    /// The exit status and the message that an error of a command stands for.
    static func outcome(of error: any Error, _ root: (some ParsableCommand).Type) -> (CommandStatus, String) {
        let name = name(root)
        switch error {
        case let failure as CommandFailure: return (failure.status, "\(name): \(failure.description)")
        // A flag that cannot be is a slip on the command line, not a bad file.
        case let failure as ConfigurationError:
            return (failure.place.hasPrefix("--") ? .usage : .configuration, "\(name): \(failure.description)")
        case let failure as DaemonError:
            return (CommandStatus(rawValue: failure.status.rawValue) ?? .failed, "\(name): \(failure.description)")
        // Where what was printed says it all: a rejection, data that is missing.
        case let code as ExitCode where CommandStatus(rawValue: code.rawValue) != nil:
            return (CommandStatus(rawValue: code.rawValue) ?? .failed, "")
        case let failure as FileError: return (.failed, "\(name): \(failure.description)")
        // A command that has said all it had to say, and ends with a status of its own.
        case let code as ExitCode where code != .success:
            return (CommandStatus(rawValue: code.rawValue) ?? .failed, "")
        default: break
        }
        // Requests for help arrive here too, as errors that succeed.
        let text = root.fullMessage(for: error)
        switch root.exitCode(for: error) {
        case .success: return (.done, text)
        case .validationFailure: return (.usage, text)
        default: return (.failed, "\(name): \(error)")
        }
    }

    private static func name(_ root: (some ParsableCommand).Type) -> String { root.configuration.commandName ?? "\(root)" }
}
