internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "What the running node does, and why.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let status = try AdminClient.ask(.status, of: try data.places())
        output.print(status, text: StatusText.make(status))
    }
}

struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "The peers that the running node is connected to.", subcommands: [List.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List them.")
        @OptionGroup var data: DataOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let answer = try AdminClient.ask(.peers, of: try data.places())
            let rows = (answer["peers"]?.elements ?? []).map { peer in
                [
                    peer["peer"]?.string ?? "", peer["direction"]?.string ?? "", peer["address"]?.string ?? "-",
                    peer["agent"]?.string ?? "-",
                    peer["round_trip_ms"]?.double.map { "\(Figures.decimal($0, places: 1)) ms" } ?? "-",
                ]
            }
            output.print(answer, text: TextTable(header: ["PEER", "DIRECTION", "ADDRESS", "AGENT", "ROUND TRIP"], rows: rows).text)
        }
    }
}

struct PenaltiesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penalties", abstract: "Whom this Manager has penalised, and for what.",
        discussion: "The evidence of a rejected result: node proof fetch JOB/TASK/ATTEMPT -o FILE --with-scene.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let answer = try AdminClient.ask(.penalties, of: try data.places())
        let rows = (answer["penalties"]?.elements ?? []).map { penalty in
            let place = ["job", "task", "attempt"].map { penalty[$0].map { $0.string ?? "\($0.int ?? 0)" } ?? "" }.joined(separator: "/")
            return [penalty["offender"]?.string ?? "", penalty["rule"]?.string ?? "", "\(penalty["round"]?.int ?? 0)", place]
        }
        output.print(
            answer, text: TextTable(header: ["OFFENDER", "RULE", "ROUND", "JOB/TASK/ATTEMPT"], rows: rows, rightAligned: [2]).text)
    }
}

struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let the running node finish what it has begun, then stop.", aliases: ["stop"])
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws { output.print(try AdminClient.ask(.drain, of: try data.places()), text: "draining") }
}

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Let the running node take nothing new.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws { output.print(try AdminClient.ask(.pause, of: try data.places()), text: "paused") }
}

struct ParkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "park", abstract: "Let the running Worker or Verifier leave its network until it is resumed.",
        discussion: "What was begun is finished. Then the node is in nobody's roster and holds no connection: it costs no traffic.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        output.print(try AdminClient.ask(.park, of: try data.places()), text: "parked; to come back: node resume")
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused or parked node take work again.")
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws { output.print(try AdminClient.ask(.resume, of: try data.places()), text: "resumed") }
}
