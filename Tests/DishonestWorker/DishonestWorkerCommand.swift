import ArgumentParser
import Console
import Node
import NodeRuntime
import Roles

/// The Worker of `node --role worker` with another conduct: what a cheat would have to be, for tests of the proof. No other binary
/// holds these conducts.
struct DishonestWorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "DishonestWorker", abstract: "A Worker that cheats.")

    @Option(help: "How it cheats.") var cheat: Cheat
    @Option(help: ArgumentHelp("Where results are lent and borrowed.", valueName: "dir")) var folder = "."
    @Option(help: ArgumentHelp("The program that renders: an honest `node`.", valueName: "path")) var node: String
    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        var settings = try daemon.settings(roles: "worker")
        settings.engine = EngineProcess(path: node, device: "native", threads: 1)
        let conduct = cheat.conduct(folder: folder)
        settings.adjust = { $0.conduct = conduct }
        try daemon.run(settings)
    }
}
