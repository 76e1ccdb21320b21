import ArgumentParser
import Foundation

/// The laboratory.
struct AttackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "AttackLab", abstract: "Attack Proof-of-Render.",
        subcommands: [LabCommand.self, ScenesCommand.self, HonestCommand.self, NoiseCommand.self, FidelityCommand.self],
        defaultSubcommand: LabCommand.self)
}

/// Every attack of the laboratory, with its rate.
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rates", abstract: "Count how often each attack is caught.")

    @Option(help: "small: seconds; full: the rates that are claimed, minutes.") var scale = Scale.full
    @Option(help: ArgumentHelp("Folder of the scenes.", valueName: "dir")) var scenes = "scenes"

    @Option(help: "Only these attacks: \(Attack.allCases.map(\.rawValue).joined(separator: ", ")).") var only: [Attack] = []
    @Option(help: "Times as many trials.") var repeats = 1

    func run() throws {
        guard (1...1000).contains(repeats) else { throw ValidationError("--repeats takes 1 to 1000") }
        let plan = TrialPlan(scale: scale, repeats: repeats)
        let laboratory = try Laboratory(scene: "\(scenes)/cornell_ggx.glb")
        var isRight = true
        print("| Attack | Caught | 99.99 % interval | Expected | |\n|---|---|---|---|---|")
        for attack in only.isEmpty ? Attack.allCases : only {
            for rate in try attack.rates(laboratory, plan) {
                print("| " + rate.row.joined(separator: " | ") + " |")
                fflush(nil)
                isRight = isRight && rate.isRight
            }
        }
        guard isRight else { throw ExitCode.failure }
    }
}

/// The rows of the attack table that are counted here.
enum Attack: String, CaseIterable, ExpressibleByArgument {
    case fakedShares = "faked-shares"
    case otherInputs = "other-inputs"
    case rayCounts = "ray-counts"
    case alteredPictures = "altered-pictures"
    case foreignResults = "foreign-results"
    case selection
    case tolerance
    case decoys
    case marks

    func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        switch self {
        case .fakedShares: try FakedShares.rates(laboratory, plan)
        case .otherInputs: try OtherInputs.rates(laboratory, plan)
        case .rayCounts: try RayCounts.rates(laboratory, plan)
        case .alteredPictures: try AlteredPictures.rates(laboratory, plan)
        case .foreignResults: try ForeignResults.rates(laboratory, plan)
        case .selection: try Selection.rates(laboratory, plan)
        case .tolerance: try Tolerance.rates(laboratory, plan)
        case .decoys: try Decoys.rates(laboratory, plan)
        case .marks:
            try MarkForgeries.rates(
                MarkLaboratory(
                    scene: laboratory.scene, size: plan.scale == .full ? 512 : 256, samples: 32, pictures: plan.scale == .full ? 4 : 1),
                plan)
        }
    }
}

extension Scale: ExpressibleByArgument {}
