import ArgumentParser
import Foundation

/// Every attack of the laboratory, with its rate.
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacks", abstract: "Attack Proof-of-Render, and count how often the attack is caught.")

    @Option(help: "small: seconds; full: the rates that are claimed, minutes.") var scale = "full"
    @Option(help: ArgumentHelp("Folder of the scenes.", valueName: "dir")) var scenes = "scenes"

    func run() throws {
        guard let scale = Scale(rawValue: scale) else { throw ValidationError("--scale takes small or full, not '\(scale)'") }
        let laboratory = try Laboratory(scene: "\(scenes)/cornell_ggx.glb")
        var isRight = true
        print("| Attack | Caught | 99.9 % interval | Expected | |\n|---|---|---|---|---|")
        for attack in Attack.allCases {
            for rate in try attack.rates(laboratory, scale) {
                print("| " + rate.row.joined(separator: " | ") + " |")
                fflush(nil)
                isRight = isRight && rate.isRight
            }
        }
        guard isRight else { throw ExitCode.failure }
    }
}

/// The rows of the attack table that are counted here.
enum Attack: CaseIterable {
    case fakedShares, otherInputs, rayCounts, alteredPictures, foreignResults, selection

    func rates(_ laboratory: Laboratory, _ scale: Scale) throws -> [Rate] {
        switch self {
        case .fakedShares: try FakedShares.rates(laboratory, scale)
        case .otherInputs: try OtherInputs.rates(laboratory, scale)
        case .rayCounts: try RayCounts.rates(laboratory, scale)
        case .alteredPictures: try AlteredPictures.rates(laboratory, scale)
        case .foreignResults: try ForeignResults.rates(laboratory, scale)
        case .selection: try Selection.rates(laboratory, scale)
        }
    }
}
