internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct BootstrapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap", abstract: "A peer that others join a network through: it answers in the hash table and relays gossip.",
        discussion: "Prints one line \"listening MULTIADDR/p2p/PEERID\" per address when it is ready; network definitions name these.",
        version: Release.version)

    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        var settings = try daemon.settings(roles: nil)
        settings.makeBootstrapPeer()
        try daemon.run(settings)
    }
}
