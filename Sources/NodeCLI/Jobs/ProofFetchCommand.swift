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
    @Argument(help: ArgumentHelp("A job, or one of its tasks: JOB/TASK.", valueName: "job[/task]")) var job: String

    func run() throws {
        let parts = job.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var number: UInt32?
        if parts.count == 2 {
            guard let task = UInt32(parts[1]) else { throw ValidationError("'\(parts[1])' is no number of a task; give JOB/TASK") }
            number = task
        }
        let (bytes, task) = try target.with(parts[0]) { handle in
            let task = try number ?? onlyTask(try handle.status())
            let bytes = try handle.proof(task: task)
            return (withScene ? try addScene(to: bytes, from: handle) : bytes, task)
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

    private func addScene(to bytes: [UInt8], from handle: any JobHandle) throws -> [UInt8] {
        var bundle: ProofBundle
        let root: CID
        do {
            bundle = try ProofBundle(encoded: bytes)
            root = try bundle.offer.decoded(as: Offer.self).sceneRoot
        } catch {
            throw CommandFailure(.failed, "the node sent no proof bundle (\(error))")
        }
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
        return bundle.encoded
    }
}
