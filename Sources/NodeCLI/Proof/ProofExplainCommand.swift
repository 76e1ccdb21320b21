internal import ArgumentParser
internal import Console
internal import Crypto
internal import Identity
internal import NodeRuntime
internal import ProofOfRender
internal import RenderModel
internal import SceneIO
internal import Wire

struct ProofExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say in words why a verdict fell, and show the place.",
        discussion: """
            Replays the bundle as `proof verify` does and exits alike. With -o it also writes what was delivered around the place that \
            decided, beside what comes out when it is rendered again; the place itself is framed.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "bundle"))
    var bundle: String
    @Option(
        help: ArgumentHelp(
            "Folder with the scene's blocks, each named by its CID, where the bundle does not hold them.", valueName: "folder"))
    var scene: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("The picture to write (.png).", valueName: "file"))
    var out: String?
    @OptionGroup var output: JSONOption

    func run() throws {
        let bundle = try ProofFile.read(bundle)
        let blocks = SceneBlocks(bundle: bundle, folder: scene)
        let report = try ProofFile.replay(Replay(bundle, with: .ed25519(.generate())), blocks: blocks)
        let explanation = Explanation(bundle, report: report)
        var members: JSON.Members = ["conclusion": .text(explanation.conclusion), "text": .text(explanation.text)]
        var text = explanation.text
        if let pixel = explanation.pixel { members.append("pixel", .array([.whole(pixel.x), .whole(pixel.y)])) }
        if let out {
            if let pixel = explanation.pixel, let crop = try ExplainedCrop(bundle, blocks: blocks, around: pixel) {
                do {
                    try PictureFile(path: out).write(crop.picture)
                } catch {
                    throw CommandFailure(.failed, error.description)
                }
                members.append("picture", .text(out))
                text += "\n\(crop.caption) Wrote \(out)."
            } else {
                text += "\nNo single pixel decided, so there is no picture of it."
            }
        }
        output.print(.object(members), text: text)
        switch report.conclusion {
        case .accepted: return
        case .rejected, .contradicted: throw ExitCode(CommandStatus.rejected.rawValue)
        case .undecided, .incomplete: throw ExitCode(CommandStatus.notReplayed.rawValue)
        }
    }
}
