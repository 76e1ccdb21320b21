internal import ArgumentParser
internal import Console
internal import Identity
internal import NodeRuntime
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Wire

struct ProofCommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Render a bundle's whole task again, and say what an honest Worker commits to.",
        discussion: """
            Where `proof verify` renders the challenged places, this renders all of them: it takes as long as the task did. Exits 0 where \
            the Worker committed to the same root, rays and picture, and 4 where it did not.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "bundle"))
    var bundle: String
    @Option(
        help: ArgumentHelp(
            "Folder with the scene's blocks, each named by its CID, where the bundle does not hold them.", valueName: "folder"))
    var scene: String?
    @OptionGroup var output: JSONOption

    func run() throws {
        let bundle = try ProofFile.read(bundle)
        let source = try BundleScene(bundle, blocks: SceneBlocks(bundle: bundle, folder: scene))
        guard let claimed = try? bundle.commitment.decoded(as: Commitment.self) else {
            throw CommandFailure(.failed, "the bundle holds no commitment", advice: "fetch it again")
        }
        let offerID = bundle.offer.id(network: bundle.network)
        let records = try source.render(source.offer.tile)
        guard let grid = source.offer.grid,
            let tree = SumTree(records: records, grid: grid, context: source.offer.context(offer: offerID)),
            let picture = RawPicture(records: records)
        else { throw CommandFailure(.notReplayed, "the offer's settings give no records") }
        let honest = Commitment(offer: offerID, tree: tree, picture: picture, profile: source.offer.profile)
        let equal = (
            root: honest.root == claimed.root, rays: honest.totalRays == claimed.totalRays, picture: honest.imageHash == claimed.imageHash
        )
        output.print(
            .object([
                "root": .text(honest.root.description), "rays": .whole(Int(clamping: honest.totalRays)),
                "image_hash": .text(honest.imageHash.description), "result": .text("\(honest.result)"),
                "committed": .object([
                    "root": .text(claimed.root.description), "rays": .whole(Int(clamping: claimed.totalRays)),
                    "image_hash": .text(claimed.imageHash.description), "result": .text("\(claimed.result)"),
                ]),
                "accepted": .boolean(equal.root && equal.rays && equal.picture),
            ]),
            text: """
                root     \(honest.root)  \(word(equal.root, "\(claimed.root)"))
                rays     \(honest.totalRays)  \(word(equal.rays, "\(claimed.totalRays)"))
                picture  \(honest.imageHash)  \(word(equal.picture, "\(claimed.imageHash)"))
                """)
        guard equal.root, equal.rays, equal.picture else { throw ExitCode(CommandStatus.rejected.rawValue) }
    }

    private func word(_ isEqual: Bool, _ claimed: String) -> String { isEqual ? "as committed" : "BUT THE WORKER COMMITTED TO \(claimed)" }
}
