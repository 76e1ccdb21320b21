internal import ArgumentParser
internal import Console
internal import Identity
internal import NodeRuntime
internal import ProofOfRender
internal import RenderModel
internal import Wire

struct ProofFetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Get the signed records of a verdict as a bundle, for `proof verify`.")

    @OptionGroup var target: JobTarget
    @OptionGroup var output: JSONOption
    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "bundle")) var out: String
    @Flag(name: .long, help: "Put the blocks of the scene into it too; only a Manager's node has them (--data).") var withScene = false
    @Argument(
        help: ArgumentHelp(
            "A task of a job, and an attempt at it where not the last one is meant; `node penalties` names rejected ones.",
            valueName: "job[/task[/attempt]]"))
    var job: String

    func run() throws {
        let parts = job.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let numbers = parts.dropFirst().map { UInt32($0) }
        guard (1...3).contains(parts.count), !numbers.contains(nil) else {
            throw ValidationError("'\(job)' is no JOB/TASK or JOB/TASK/ATTEMPT")
        }
        let (bytes, task) = try target.with(parts[0]) { handle in
            let task = try numbers.first.flatMap(\.self) ?? onlyTask(try handle.status())
            let bytes = try handle.proof(task: task, attempt: numbers.dropFirst().first.flatMap(\.self))
            return (try complete(bytes, from: handle), task)
        }
        try TextFile.write(bytes, to: out)
        output.print(
            .object(["file": .text(out), "bytes": .whole(bytes.count), "task": .whole(task)]),
            text: "wrote \(out), \(Figures.bytes(bytes.count))")
    }

    private func onlyTask(_ status: JSON) throws -> UInt32 {
        let total = status["tasks_total"]?.int ?? 0
        guard total == 1 else {
            throw CommandFailure(.usage, "the job has \(total) tasks, each with a proof of its own", advice: "Name one, such as: \(job)/0")
        }
        return 0
    }

    /// Adds the picture that the verdicts are about, and the scene where it is wanted.
    private func complete(_ bytes: [UInt8], from handle: any JobHandle) throws -> [UInt8] {
        var bundle: ProofBundle
        let root: CID
        let result: CID
        do {
            bundle = try ProofBundle(encoded: bytes)
            root = try bundle.offer.decoded(as: Offer.self).sceneRoot
            result = try bundle.commitment.decoded(as: Commitment.self).result
        } catch {
            throw CommandFailure(.failed, "the node sent no proof bundle (\(error))")
        }
        if bundle.picture == nil, let block = (try? handle.block(result)) ?? nil {
            // A larger picture is the list of its blocks. Without them the records still show much, and the replay says what it lacks.
            let names = (try? PictureManifest(encoded: block))?.blocks ?? []
            let blocks = names.compactMap { (try? handle.block($0)) ?? nil }
            if blocks.count == names.count { bundle.picture = PictureDelivery(root: block, blocks: blocks) }
        }
        if withScene { try addScene(root, to: &bundle, from: handle) }
        return bundle.encoded
    }

    private func addScene(_ root: CID, to bundle: inout ProofBundle, from handle: any JobHandle) throws {
        func block(_ cid: CID) throws -> [UInt8] {
            guard let bytes = try handle.block(cid) else {
                throw CommandFailure(
                    .failed, "block \(cid) of the scene is not there",
                    advice: "Ask a node that has the scene, with --data, or leave --with-scene out.")
            }
            return bytes
        }
        let manifest = try block(root)
        let names: [CID]
        do {
            names = try SceneManifest.blockIDs(of: manifest)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        guard names.count < ProofBundle.sceneBlocksMax else {
            throw CommandFailure(
                .failed, "the scene has \(names.count) blocks, too many for a bundle",
                advice: "Leave --with-scene out, and give the blocks to `proof verify` with --scene.")
        }
        bundle.sceneBlocks = [manifest]
        for name in names { bundle.sceneBlocks.append(try block(name)) }
    }
}
