internal import ArgumentParser
internal import Console

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print a completion script for a shell.",
        discussion: """
            bash: node completion bash >~/.local/share/bash-completion/completions/node
            zsh:  node completion zsh >"${fpath[1]}/_node"
            fish: node completion fish >~/.config/fish/completions/node.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var parserShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() { Terminal.output.line(NodeCommand.completionScript(for: shell.parserShell)) }
}
