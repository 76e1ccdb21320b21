import ArgumentParser
import Console
import Identity
import Node
import NodeRuntime
import Roles

/// `node --role worker` or `node --role verifier` with another conduct: what a cheat would have to be, for tests of the proof. No
/// other binary holds these conducts.
struct DishonestNodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "DishonestNode", abstract: "A Worker or a Verifier that cheats.")

    @Option(help: "How a Worker cheats.") var cheat: Cheat?
    @Option(help: "How a Verifier cheats.") var verdicts: FalseVerdicts?
    @Option(help: ArgumentHelp("The Worker whose results are always accepted.", valueName: "peer")) var accomplice: String?
    @Option(help: ArgumentHelp("Where results are lent and borrowed.", valueName: "dir")) var folder = "."
    @Option(help: ArgumentHelp("The program that renders: an honest `node`.", valueName: "path")) var node: String
    @OptionGroup var daemon: DaemonOptions

    func validate() throws {
        guard (cheat == nil) != (verdicts == nil) else { throw ValidationError("give --cheat or --verdicts") }
        guard verdicts != .colluding || accomplice.flatMap(PeerID.init)?.ed25519Key != nil else {
            throw ValidationError("--accomplice takes the peer id of a Worker")
        }
    }

    func run() throws {
        var settings = try daemon.settings(roles: cheat == nil ? "verifier" : "worker")
        settings.engine = EngineProcess(path: node, device: "native", threads: 1)
        let worker = cheat?.conduct(folder: folder) ?? .honest
        let verifier = verdicts?.conduct(accomplice: accomplice.flatMap(PeerID.init)?.ed25519Key) ?? .honest
        settings.adjust = {
            $0.workerConduct = worker
            $0.verifierConduct = verifier
        }
        try daemon.run(settings)
    }
}
