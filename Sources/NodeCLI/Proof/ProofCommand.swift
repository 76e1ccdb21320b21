internal import ArgumentParser
internal import Console
internal import Crypto
internal import Identity
internal import NodeRuntime
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Wire

struct ProofCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Marks, and proofs of render.",
        subcommands: [
            ProofMarkCommand.self, ProofCheckCommand.self, ProofCommitCommand.self, ProofFetchCommand.self, VerifyCommand.self,
            ProofExplainCommand.self,
        ])

    struct VerifyCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Replay a verdict offline from its signed records.",
            discussion: """
                Believes no party: signatures, anchoring, draws, challenges, paths and the decision are worked out again, and the
                challenged places are rendered once more. Exits 0 when an acceptance is reproduced, 4 when a rejection is or when the
                records contradict each other, 3 when blocks of the scene are missing.
                """)

        @Argument(help: ArgumentHelp("The bundle.", valueName: "bundle"))
        var bundle: String
        @Option(
            help: ArgumentHelp(
                "Folder with the scene's blocks, each named by its CID, where the bundle does not hold them.", valueName: "folder"))
        var scene: String?
        @Option(
            help: ArgumentHelp(
                "Peer ids of the network's Managers, separated by commas; without it the offer's author is taken as one.", valueName: "ids")
        )
        var managers: String?
        @OptionGroup var output: JSONOption

        func run() throws {
            let bundle = try ProofFile.read(bundle)
            let replay = Replay(bundle, with: .ed25519(.generate()), trust: try trust())
            let report = try ProofFile.replay(replay, blocks: SceneBlocks(bundle: bundle, folder: scene))
            let text = ReplayText(bundle: bundle, report: report)
            output.print(text.json, text: text.text)
            switch report.conclusion {
            case .accepted: return
            case .rejected, .contradicted: throw ExitCode(CommandStatus.rejected.rawValue)
            case .undecided, .incomplete: throw ExitCode(CommandStatus.notReplayed.rawValue)
            }
        }

        private func trust() throws -> Replay.Trust {
            guard let managers else { return Replay.Trust() }
            let keys = try managers.split(separator: ",").map { text in
                guard let key = PeerID(text)?.ed25519Key else {
                    throw CommandFailure(
                        .usage, "\(text) is no peer id of an Ed25519 key", advice: "`node status` of a Manager prints its id")
                }
                return key
            }
            return Replay.Trust(managers: Set(keys))
        }
    }
}

/// Where blocks of a scene come from.
struct SceneBlocks {
    private var known: [CID: [UInt8]] = [:]
    let folder: String?

    init(bundle: ProofBundle, folder: String?) {
        for block in bundle.sceneBlocks { known[Hash.cid(of: block)] = block }
        self.folder = folder
    }

    /// Nil where the block is neither in the bundle nor, unaltered, in the folder.
    func block(_ cid: CID) -> [UInt8]? {
        if let block = known[cid] { return block }
        guard let folder, let bytes = try? TextFile.read("\(folder)/\(cid)"), Hash.cid(of: bytes) == cid else { return nil }
        return bytes
    }
}

enum ProofFile {
    static func read(_ path: String) throws -> ProofBundle {
        let bytes: [UInt8]
        do {
            bytes = try TextFile.read(path, sizeMax: ProofBundle.sizeMax)
        } catch {
            throw CommandFailure(.failed, "\(path): \(error.problem)", advice: "`node proof fetch JOB/TASK -o FILE` writes a bundle")
        }
        do {
            return try ProofBundle(encoded: bytes)
        } catch {
            // A damaged file says nothing against anybody.
            throw CommandFailure(.failed, "\(path) is no proof bundle, or it is damaged (\(error))", advice: "fetch it again")
        }
    }

    /// Renders the challenged places natively; profile D gives the same bits on every device.
    static func replay(_ replay: Replay, blocks: SceneBlocks) throws -> ReplayReport {
        guard let request = replay.request, let root = replay.sceneRoot, !replay.places.isEmpty else { return replay.report(values: []) }
        guard let manifest = blocks.block(root) else { return replay.report(values: nil, missing: [root]) }
        do {
            let missing = try SceneManifest.blockIDs(of: manifest).filter { blocks.block($0) == nil }
            guard missing.isEmpty else { return replay.report(values: nil, missing: missing) }
            let scene = try CanonicalScene(manifest: manifest) { (cid: CID) throws(SceneFormatError) -> [UInt8]? in blocks.block(cid) }
            let prepared = try PreparedScene(scene, frame: request.frame)
            let device = NativeDevice()
            return replay.report(
                values: try device.recompute(prepared, request, places: replay.places),
                sampleValues: try device.samples(prepared, request, at: replay.samples))
        } catch let error as SceneFormatError {
            throw CommandFailure(.notReplayed, "the scene of the bundle cannot be read: \(error)", advice: "give its blocks with --scene")
        } catch let error as RenderError {
            throw CommandFailure(.notReplayed, error.description)
        }
    }
}
