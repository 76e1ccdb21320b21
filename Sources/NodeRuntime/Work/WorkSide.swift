internal import EventLoop
internal import Logging
internal import Node
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Roles
internal import Wire

/// The render engine as the node sees it: one process, started when it is needed and ended when it has long been idle.
///
/// Work that was in flight when the process died is given to the next one once; if that dies too, the work is to blame.
final class WorkSide {
    struct Parameters {
        /// Bytes that one scene may take in the engine where the role names no limit.
        var memoryMax: UInt64 = 4 << 30
        /// Pieces of work that wait or run.
        var worksMax = 256
        /// An engine without work for so long is ended, and its memory given back.
        var idleMax: Duration = .seconds(120)
        var triesMax = 2
    }

    private enum Kind {
        case inspect(SceneManifest)
        case render(RenderRequest)
        case recompute(RenderRequest, [RecordPlace])
        case mark(MarkOrder)
    }

    private struct Work {
        let id: WorkID
        let root: CID
        let kind: Kind
        let memoryMax: UInt64
        var tries = 0
        var ticket: EngineClient.Ticket?
    }

    private let loop: EventLoop
    private let log: Logger
    private let source: SceneSource
    private let proving: WorkQueue
    private var engine: EngineProcess?
    private let profile: Bytes32
    /// This device has greeted, with the right profile.
    private var isDeviceProven = false
    private let parameters: Parameters
    private var client: EngineClient?
    private var works: [WorkID: Work] = [:]
    private var idleAlarm: Timer?
    private var isStopped = false
    var onResult: ((NodeInput) -> Void)?

    init(
        loop: EventLoop, engine: EngineProcess?, profile: Bytes32, storage: StorageSide, log: Logger, parameters: Parameters = Parameters()
    ) {
        self.loop = loop
        self.log = log
        self.parameters = parameters
        source = SceneSource(blocks: storage.blocks)
        proving = WorkQueue(loop: loop, .init(concurrencyMax: 1, waitingMax: parameters.worksMax))
        self.engine = engine
        self.profile = profile
    }

    /// For `status`.
    var description: String {
        guard engine != nil else { return "none" }
        guard let client, client.processID != nil else { return "not running" }
        guard let hello = client.hello else { return "starting" }
        return "\(hello.device) (\(hello.details)), \(works.count) pieces of work"
    }

    // MARK: Work

    func inspect(_ id: WorkID, _ root: CID) {
        do throws(SceneSource.Problem) {
            let manifest = try source.scene(root: root, memoryMax: parameters.memoryMax).manifest
            guard manifest.dataSize <= parameters.memoryMax else { return result(.sceneInspected(id, .failed(.tooLarge))) }
            begin(Work(id: id, root: root, kind: .inspect(manifest), memoryMax: parameters.memoryMax))
        } catch {
            result(.sceneInspected(id, .failed(error == .malformed ? .malformed : .unavailable)))
        }
    }

    func render(_ id: WorkID, _ root: CID, _ request: RenderRequest, memoryMax: UInt64) {
        begin(Work(id: id, root: root, kind: .render(request), memoryMax: memoryMax > 0 ? memoryMax : parameters.memoryMax))
    }

    /// Not the engine's work: it goes on with the next tile meanwhile.
    func prove(_ id: WorkID, _ order: ProofOrder) {
        let isTaken = proving.submit({ order.made() }, deliver: { [weak self] in self?.result(.proved(id, $0)) })
        if !isTaken { result(.proved(id, nil)) }
    }

    func recompute(_ id: WorkID, _ root: CID, _ settings: RenderSettings, frame: UInt32, rngKey: UInt64, _ places: [RecordPlace]) {
        guard let request = RenderRequest(around: places, settings: settings, frame: frame, rngKey: rngKey) else {
            return result(places.isEmpty ? .recomputed(id, []) : .workFailed(id, .sceneUnreadable))
        }
        begin(Work(id: id, root: root, kind: .recompute(request, places), memoryMax: parameters.memoryMax))
    }

    func mark(_ id: WorkID, _ root: CID, _ order: MarkOrder) {
        begin(Work(id: id, root: root, kind: .mark(order), memoryMax: parameters.memoryMax))
    }

    func cancel(_ id: WorkID) {
        guard let work = works.removeValue(forKey: id), let ticket = work.ticket else { return }
        client?.cancel(ticket)
        watchIdleness()
    }

    private func begin(_ work: Work) {
        guard !isStopped, engine != nil, works.count < parameters.worksMax else { return fail(work, .engineFailed) }
        var work = work
        work.tries += 1
        do {
            let scene = try source.scene(root: work.root, memoryMax: work.memoryMax).scene
            let client = try openClient()
            works[work.id] = work
            let ticket = try submit(work, scene, to: client)
            works[work.id]?.ticket = ticket
            idleAlarm?.disarm()
        } catch {
            works[work.id] = nil
            log.error("work was not started", metadata: ["reason": "\(error)"])
            fail(work, error is SceneSource.Problem ? .sceneUnreadable : .engineFailed)
        }
    }

    private func submit(_ work: Work, _ scene: EngineScene, to client: EngineClient) throws(EngineFailure) -> EngineClient.Ticket {
        let id = work.id
        switch work.kind {
        case .inspect(let manifest):
            // It will be marked, or recomputed in parts.
            var scene = scene
            scene.keepsBlocks = true
            return try client.prepare(scene) { [weak self] in
                self?.ended(id, $0) { [source = self?.source] statistics in
                    let facts = SceneFacts(
                        bytes: source?.size(of: manifest, root: work.root) ?? 0, cameras: UInt32(clamping: manifest.cameraCount),
                        triangles: statistics.triangles, memory: statistics.memory)
                    return .sceneInspected(id, .valid(facts))
                }
            }
        case .render(let request):
            return try client.render(
                scene, request,
                progress: { [weak self] in
                    self?.result(.workProgress(id, permille: UInt32(clamping: $0.permille), rays: $0.rays))
                },
                completion: { [weak self] in self?.ended(id, $0) { .rendered(id, $0) } })
        case .recompute(let request, let places):
            return try client.recompute(scene, request, places: places) { [weak self] in self?.ended(id, $0) { .recomputed(id, $0) } }
        case .mark(let order):
            return try client.mark(scene, order) { [weak self] in self?.ended(id, $0) { .sceneMarked(id, $0) } }
        }
    }

    private func ended<Value>(_ id: WorkID, _ outcome: Result<Value, EngineFailure>, _ input: (Value) -> NodeInput) {
        guard let work = works.removeValue(forKey: id) else { return }
        defer { watchIdleness() }
        switch outcome {
        case .success(let value): result(input(value))
        case .failure(let failure):
            log.warning("the engine failed", metadata: ["reason": "\(failure)", "try": "\(work.tries)"])
            switch failure {
            case .died where !isDeviceProven && engine?.isNative == false:
                useNative("\(failure)")
                begin(work)
            case .closed where !isStopped: begin(work)
            case .died, .timedOut:
                if work.tries < parameters.triesMax { begin(work) } else { fail(work, .engineFailed) }
            case .refused, .missingBlock: fail(work, .sceneUnreadable)
            case .cancelled, .closed: fail(work, .cancelled)
            case .queueFull: fail(work, .engineFailed)
            }
        }
    }

    private func fail(_ work: Work, _ failure: WorkFailure) {
        guard case .inspect = work.kind else { return result(.workFailed(work.id, failure)) }
        result(.sceneInspected(work.id, .failed(failure == .sceneUnreadable ? .malformed : .engineFailed)))
    }

    private func result(_ input: NodeInput) { onResult?(input) }

    // MARK: Process

    private func openClient() throws -> EngineClient {
        if let client { return client }
        guard let engine else { throw EngineFailure.closed }
        var limits = EngineClient.Parameters()
        // Tries are counted here, where their failures are told.
        limits.attemptsMax = 1
        limits.path = engine.path
        limits.arguments = engine.arguments
        limits.requestsMax = parameters.worksMax
        let opened = try EngineClient(loop: loop, parameters: limits)
        opened.onHello = { [weak self] in self?.greeted($0) }
        client = opened
        return opened
    }

    private func greeted(_ hello: EngineHello) {
        log.info("engine started", metadata: ["device": "\(hello.device)", "details": "\(hello.details)"])
        guard hello.profile != profile else {
            isDeviceProven = true
            return
        }
        useNative("\(hello.device) does not give the bits of profile D")
        let wrong = client
        client = nil
        // What waits comes back as closed, and begins again.
        wrong?.close()
    }

    /// A device that cannot be used, or whose results no Verifier would accept, is worse than a slow one.
    private func useNative(_ reason: String) {
        guard engine?.isNative == false else { return }
        log.error("rendering goes on without the device", metadata: ["reason": "\(reason)", "device": "native"])
        engine?.device = "native"
        let old = client
        client = nil
        old?.close()
    }

    private func watchIdleness() {
        guard works.isEmpty, client != nil, !isStopped else { return }
        if idleAlarm == nil { idleAlarm = try? Timer(loop: loop) { [weak self] in self?.closeIfIdle() } }
        idleAlarm?.arm(at: loop.deadline(after: parameters.idleMax))
    }

    private func closeIfIdle() {
        guard works.isEmpty else { return }
        client?.close()
        client = nil
    }

    /// Ends the engine; nothing is reported any more.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        onResult = nil
        works = [:]
        idleAlarm?.close()
        client?.close()
        client = nil
    }
}
