internal import ArgumentParser
internal import Console
internal import NodeRuntime

/// `node doctor`: what keeps a node from working on this machine, and what to do about it.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check this machine and the node's files; say what to do.",
        discussion: """
            Every check is ok, a warning (it works, and could work better) or a failure (a node cannot work like this). \
            Exits 0 where nothing failed, else 1. Nothing is changed but the cache of compiled kernels.
            """)

    @Flag(name: .long, help: "Do not open devices: building their kernels takes seconds the first time.")
    var quick = false

    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let places = try data.places()
        var settings = SettingsCheck(data: data, places: places)
        var findings = MachineChecks.findings + EngineChecks(cache: places.cache + "/kernels", isQuick: quick).findings
        findings += settings.findings
        let directory = DirectoryChecks(places: places)
        findings += directory.findings
        if let configuration = settings.configuration {
            findings += PortChecks(configuration: configuration, isRunning: directory.isRunning).findings
        }
        let failed = findings.count { $0.verdict == .fail }
        output.print(
            .object(["healthy": .boolean(failed == 0), "checks": .array(findings.map(\.json))]), text: DoctorCommand.text(findings))
        if failed > 0 { throw ExitCode(CommandStatus.failed.rawValue) }
    }

    static func text(_ findings: [Finding]) -> String {
        let width = findings.map(\.check.count).max() ?? 0
        let lines = findings.map { finding in
            let verdict =
                switch finding.verdict {
                case .ok: Terminal.output.styled("ok  ", .green)
                case .warn: Terminal.output.styled("warn", .yellow)
                case .fail: Terminal.output.styled("FAIL", .red)
                }
            let space = String(repeating: " ", count: width - finding.check.count)
            let advice = finding.advice.isEmpty ? "" : "\n" + String(repeating: " ", count: width + 8) + "→ \(finding.advice)"
            return "\(verdict)  \(finding.check)\(space)  \(finding.found)\(advice)"
        }
        let counts = [Finding.Verdict.warn, .fail].map { verdict in findings.count { $0.verdict == verdict } }
        return lines.joined(separator: "\n") + "\n\(findings.count) checks, \(counts[0]) warnings, \(counts[1]) failures"
    }
}

/// Whether configuration and network definition can be used.
struct SettingsCheck {
    let data: DataOptions
    let places: Places
    private(set) var configuration: Configuration?

    init(data: DataOptions, places: Places) {
        self.data = data
        self.places = places
    }

    var findings: [Finding] {
        mutating get {
            do {
                let resolved = try data.configuration().configuration
                configuration = resolved
                let network = try NetworkDefinition.load(resolved.network, places: places)
                let file = TextFile.exists(places.configuration) ? places.configuration : "defaults, there is no \(places.configuration)"
                return [Finding(check: "configuration", verdict: .ok, found: "\(file); network \(network.name)")]
            } catch let error as ConfigurationError {
                return [
                    Finding(
                        check: "configuration", verdict: .fail, found: "\(error.place): \(error.problem)",
                        advice: error.advice.isEmpty ? "correct it; every key: node config default" : error.advice)
                ]
            } catch {
                return [Finding(check: "configuration", verdict: .fail, found: "\(error)", advice: "see node config show")]
            }
        }
    }
}
