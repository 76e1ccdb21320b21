import Crypto
import EventLoop
import Logging
import Node
import RenderModel
import Roles
import Store
import Testing
import Wire

@testable import NodeRuntime

@Suite("Work side")
struct WorkSideTests {
    /// Runs `body` with a work side whose scene is in the store, until so many results are there.
    private func results(
        engine: EngineProcess?, count: Int, _ body: (WorkSide, CID) -> Void
    ) throws -> [NodeInput] {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let storage = try StorageSide(loop: loop, places: Places(directory: directory.path), blocksMax: 16)
        let bundle = try sampleBundle()
        _ = try storage.blocks.put(bundle.manifest)
        for block in bundle.blocks { _ = try storage.blocks.put(block.bytes) }
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let work = WorkSide(loop: loop, engine: engine, profile: .zero, storage: storage, log: log)
        var results: [NodeInput] = []
        work.onResult = { results.append($0) }
        body(work, bundle.root)
        #expect(try loop.run(for: .seconds(60)) { results.count >= count })
        work.stop()
        try loop.shutdown()
        return results
    }

    private var request: RenderRequest {
        RenderRequest(settings: RenderSettings(), frame: 1, rngKey: 1, tile: Tile(x: 0, y: 0, width: 8, height: 8), samples: 0..<16)
    }

    @Test func anEngineThatDiesFailsTheWorkAfterASecondTry() throws {
        let results = try results(engine: EngineProcess(path: "/bin/false"), count: 2) { work, root in
            work.render(WorkID(1), root, request, memoryMax: 0)
            work.inspect(WorkID(2), root)
        }
        var failures: [UInt64] = []
        for result in results {
            switch result {
            case .workFailed(let id, .engineFailed), .sceneInspected(let id, .failed(.engineFailed)): failures.append(id.value)
            default: Issue.record("\(result)")
            }
        }
        #expect(failures.sorted() == [1, 2])
    }

    @Test func aNodeWithoutAnEngineSaysSo() throws {
        let results = try results(engine: nil, count: 2) { work, root in
            work.render(WorkID(1), root, request, memoryMax: 0)
            work.recompute(WorkID(2), root, RenderSettings(), frame: 1, rngKey: 1, [RecordPlace(x: 0, y: 0, bucket: 0)])
        }
        for result in results {
            guard case .workFailed(_, .engineFailed) = result else {
                Issue.record("\(result)")
                continue
            }
        }
    }

    @Test func aMissingSceneIsNoWorkForTheEngine() throws {
        let missing = Hash.cid(of: [9])
        let results = try results(engine: EngineProcess(path: "/bin/false"), count: 2) { work, _ in
            work.render(WorkID(1), missing, request, memoryMax: 0)
            work.inspect(WorkID(2), missing)
        }
        guard case .workFailed(WorkID(1), .sceneUnreadable) = results[0],
            case .sceneInspected(WorkID(2), .failed(.unavailable)) = results[1]
        else {
            Issue.record("\(results)")
            return
        }
    }

    @Test func cancelledWorkSaysNothing() throws {
        let results = try results(engine: EngineProcess(path: "/bin/false"), count: 1) { work, root in
            work.render(WorkID(1), root, request, memoryMax: 0)
            work.cancel(WorkID(1))
            work.render(WorkID(2), root, request, memoryMax: 0)
        }
        guard results.count == 1, case .workFailed(WorkID(2), _) = results[0] else {
            Issue.record("\(results)")
            return
        }
    }
}
