internal import ProofOfRender
internal import RenderModel
internal import Wire

/// Carries out jobs, one after another, on the engine's working thread.
///
/// `@unchecked Sendable`: handed to its thread once and used there alone.
final class EngineWorker: @unchecked Sendable {
    private let device: any RenderDevice
    /// That build a tree; nil for one per processor.
    private let threads: Int?
    private let work: EngineWork
    private let output: EngineOutput
    private var models: [UInt32: SceneModel] = [:]
    /// Of scenes whose blocks are kept.
    private var markers: [UInt32: EngineMarker] = [:]
    /// The frame in hand: a scene is prepared again when another one is asked for.
    private var prepared: (scene: UInt32, value: PreparedScene)?

    /// Records of one message: three sums, the rays and eight layers at most stay below a frame's size.
    private static let recordsPerMessage = 16_384

    init(device: any RenderDevice, threads: Int?, work: EngineWork, output: EngineOutput) {
        self.device = device
        self.threads = threads
        self.work = work
        self.output = output
    }

    func run() -> Never {
        while true { carryOut(work.take()) }
    }

    private func carryOut(_ job: EngineJob) {
        switch job {
        case .load(let scene, let manifest, let blocks, let memoryMax, let keepsBlocks):
            load(scene, manifest, blocks, memoryMax, keepsBlocks)
        case .drop(let scene):
            if prepared?.scene == scene { prepared = nil }
            models[scene] = nil
            markers[scene] = nil
        case .refuse(let scene, let reason): output.send(.sceneFailed(scene: scene, reason: reason))
        case .prepare(let id, let scene, let frame):
            answer(id) { () throws(RenderError) in
                let statistics = try prepare(scene, frame).statistics
                output.send(.prepared(id: id, triangles: statistics.triangles, memory: statistics.memory))
            }
        case .render(let id, let scene, let request): answer(id) { () throws(RenderError) in try render(id, scene, request) }
        case .recompute(let id, let scene, let request, let places):
            answer(id) { () throws(RenderError) in
                let values = try device.recompute(try prepare(scene, request.frame), request, places: places)
                output.send(.recomputed(id: id, values: values))
            }
        case .mark(let id, let scene, let order): answer(id) { () throws(RenderError) in try mark(id, scene, order) }
        }
    }

    private func answer(_ id: UInt32, _ body: () throws(RenderError) -> Void) {
        do throws(RenderError) {
            if work.isCancelled(id) { throw .cancelled }
            try body()
        } catch {
            output.send(.failed(id: id, cancelled: error == .cancelled, reason: error.description))
        }
    }

    private func load(_ scene: UInt32, _ manifest: [UInt8], _ blocks: [CID: [UInt8]], _ memoryMax: UInt64, _ keepsBlocks: Bool) {
        if prepared?.scene == scene { prepared = nil }
        models[scene] = nil
        markers[scene] = nil
        do {
            let value = try CanonicalScene(manifest: manifest, dataMax: Int(clamping: memoryMax)) { blocks[$0] }
            models[scene] = try SceneModel(value, memoryMax: memoryMax)
            if keepsBlocks {
                markers[scene] = try EngineMarker(
                    root: SceneBlock(bytes: manifest).id, manifest: manifest, blocks: blocks, memoryMax: memoryMax)
            }
            output.send(.sceneLoaded(scene: scene))
        } catch let error as any CustomStringConvertible {
            output.send(.sceneFailed(scene: scene, reason: error.description))
        } catch {
            output.send(.sceneFailed(scene: scene, reason: "\(error)"))
        }
    }

    private func prepare(_ scene: UInt32, _ frame: UInt32) throws(RenderError) -> PreparedScene {
        if let prepared, prepared.scene == scene, prepared.value.frame == frame { return prepared.value }
        guard let model = models[scene] else { throw .invalidRequest(rule: "scene \(scene) is not loaded") }
        // The old frame goes first: two do not fit into a cap that is made for one.
        prepared = nil
        let value = try PreparedScene(model, frame: frame, threads: threads)
        prepared = (scene, value)
        return value
    }

    private func mark(_ id: UInt32, _ scene: UInt32, _ order: MarkOrder) throws(RenderError) {
        guard var marker = markers[scene] else { throw .invalidRequest(rule: "the blocks of scene \(scene) were not kept") }
        let value = try prepare(scene, order.frame)
        // A sign of life a few times a second, for the watchdog.
        let watched = WatchedDevice(device: device) { [work, output] in
            output.send(.progress(id: id, permille: 0, rays: $0.rays))
            return !work.isCancelled(id)
        }
        let copy: MarkedCopy?
        do {
            copy = try marker.mark(order, prepared: value, device: watched)
        } catch let error as RenderError {
            throw error
        } catch {
            throw .invalidRequest(rule: "the scene cannot be marked: \(error)")
        }
        markers[scene] = marker
        for block in copy?.blocks ?? [] { output.send(.markedBlock(id: id, bytes: block.bytes)) }
        for part in copy?.parts ?? [] { output.send(.markedPart(id: id, part)) }
        output.send(.marked(id: id, root: copy?.root))
    }

    private func render(_ id: UInt32, _ scene: UInt32, _ request: RenderRequest) throws(RenderError) {
        let value = try prepare(scene, request.frame)
        let records = try device.render(value, request) { progress in
            output.send(.progress(id: id, permille: UInt32(progress.permille), rays: progress.rays))
            return !work.isCancelled(id)
        }
        let layerFloats = request.settings.layers.floats
        var first = 0
        while first < records.rays.count {
            let last = min(first + EngineWorker.recordsPerMessage, records.rays.count)
            output.send(
                .records(
                    id: id,
                    EngineRecords(
                        first: first, rays: Array(records.rays[first..<last]), sums: Array(records.sums[3 * first..<3 * last]),
                        layers: Array(records.layers[layerFloats * first..<layerFloats * last]))))
            first = last
        }
        output.send(.rendered(id: id, nonFinite: records.nonFiniteSamples))
    }
}
