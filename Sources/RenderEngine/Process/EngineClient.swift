public import EventLoop
public import ProofOfRender
public import RenderModel
internal import Wire

/// The node's side of the engine: one child process that is started when it is needed, watched, and started again when it died.
///
/// Confined to the loop's thread. Requests are carried out one at a time, in order; scenes are sent when a request needs them.
/// Every accepted request ends with exactly one call of its completion, from the loop and never from inside a call of the owner,
/// unless it is cancelled: then it ends without one.
public final class EngineClient {
    public struct Parameters: Sendable {
        /// What to start: by default this very program.
        public var path = "/proc/self/exe"
        public var arguments = ["engine"]
        /// Requests that wait or run.
        public var requestsMax = 64
        /// From the start of the process to its greeting: a first build of the kernels takes seconds.
        public var startMax: Duration = .seconds(60)
        /// Without any message while a request runs. Building the tree of a large scene is silent.
        public var silenceMax: Duration = .seconds(120)
        /// Before a process is started again after one died; doubled each time up to `restartDelayMax`, reset by an answer.
        public var restartDelay: Duration = .milliseconds(100)
        public var restartDelayMax: Duration = .seconds(30)
        /// Processes that one request may use up: after a crash or a hang it is tried again with another, from its beginning. A
        /// request that kills every engine must end some time.
        public var attemptsMax = 3
        /// Scenes that stay loaded. More saves sending them again, and costs their memory.
        public var scenesMax = 2

        public init() {}
    }

    /// Names a request, for `cancel`.
    public struct Ticket: Hashable, Sendable {
        let id: UInt32
    }

    /// What preparing a frame tells about its scene.
    public struct SceneStatistics: Equatable, Sendable {
        public var triangles: UInt64
        /// Bytes that the scene takes in the engine, prepared.
        public var memory: UInt64
    }

    enum Task {
        case prepare(completion: (Result<SceneStatistics, EngineFailure>) -> Void)
        case render(progress: (RenderProgress) -> Void, completion: (Result<TileRecords, EngineFailure>) -> Void)
        case recompute(places: [RecordPlace], completion: (Result<[RecordValue], EngineFailure>) -> Void)
        case mark(MarkOrder, completion: (Result<MarkedCopy?, EngineFailure>) -> Void)
    }

    struct Entry {
        let id: UInt32
        let scene: EngineScene
        let request: RenderRequest
        /// On the loop's clock.
        let deadline: UInt64
        let limit: Duration
        let task: Task
        var isCancelled = false
        /// Processes that died or hung while it ran.
        var attempts = 0
    }

    let loop: EventLoop
    public let parameters: Parameters
    /// What the running process said about itself; nil where none runs, or it has not greeted yet.
    public internal(set) var hello: EngineHello?
    public var onHello: ((EngineHello) -> Void)?
    /// Of the running process; nil where none runs.
    public var processID: Int32? { process?.processID }
    /// Processes that died while they were needed.
    public internal(set) var deaths = 0

    var process: ChildProcess?
    var parser = EngineFrameParser()
    var waiting: [Entry] = []
    var current: Entry?
    /// Records of the current render: beside its entry, so that the arrays grow in place.
    var assembly: RecordsAssembly?
    /// Likewise of the current marking.
    var marked: MarkedAssembly?
    var outbox = EngineOutbox()
    /// Scenes that the process has, oldest first.
    var loaded: [(root: CID, memoryMax: UInt64, keepsBlocks: Bool, number: UInt32)] = []
    var nextNumber: UInt32 = 1
    var nextID: UInt32 = 1
    var watchdog: Timer?
    var restart: Timer?
    var restartDelay: Duration
    /// On the loop's clock: when the process last gave a sign of life, or was started.
    var lastMessage: UInt64 = 0
    var lastReason = "it ended"
    var isClosed = false

    public init(loop: EventLoop, parameters: Parameters = Parameters()) throws(UVError) {
        precondition(
            parameters.requestsMax > 0 && parameters.scenesMax > 0 && parameters.attemptsMax > 0,
            "an engine needs room for one request, one scene and one attempt")
        self.loop = loop
        self.parameters = parameters
        restartDelay = parameters.restartDelay
        watchdog = try Timer(loop: loop) { [weak self] in self?.watch() }
        do throws(UVError) {
            restart = try Timer(loop: loop) { [weak self] in self?.advance() }
        } catch {
            watchdog?.close()
            throw error
        }
    }

    /// Starts the process now, so that its greeting is known and the first request needs not wait for it.
    public func start() {
        guard !isClosed, process == nil else { return }
        restart?.arm(at: loop.now)
    }

    /// Renders a request; the scene is sent first where the process does not have it.
    ///
    /// - Parameter limit: from now to the result, waiting included.
    /// - Throws: `queueFull`, `closed`.
    @discardableResult
    public func render(
        _ scene: EngineScene, _ request: RenderRequest, limit: Duration = .seconds(86_400),
        progress: @escaping (RenderProgress) -> Void = { _ in }, completion: @escaping (Result<TileRecords, EngineFailure>) -> Void
    ) throws(EngineFailure) -> Ticket {
        try add(scene, request, limit, .render(progress: progress, completion: completion))
    }

    /// Renders single places again. At most `EngineRequest.placesMax`.
    @discardableResult
    public func recompute(
        _ scene: EngineScene, _ request: RenderRequest, places: [RecordPlace], limit: Duration = .seconds(3600),
        completion: @escaping (Result<[RecordValue], EngineFailure>) -> Void
    ) throws(EngineFailure) -> Ticket {
        guard places.count <= EngineRequest.placesMax else {
            throw .refused(reason: "at most \(EngineRequest.placesMax) places are recomputed at once")
        }
        return try add(scene, request, limit, .recompute(places: places, completion: completion))
    }

    /// Loads a scene and prepares one frame of it, which checks all of it.
    @discardableResult
    public func prepare(
        _ scene: EngineScene, frame: UInt32 = 1, limit: Duration = .seconds(600),
        completion: @escaping (Result<SceneStatistics, EngineFailure>) -> Void
    ) throws(EngineFailure) -> Ticket {
        let settings = RenderSettings()
        // Only the frame is looked at.
        let request = RenderRequest(
            settings: settings, frame: frame, rngKey: 0, tile: Tile(x: 0, y: 0, width: 8, height: 8), samples: 0..<settings.samples)
        return try add(scene, request, limit, .prepare(completion: completion))
    }

    /// Marks a frame of a scene for one Worker. Blocks that this engine gave before under the same key are left out of the copy.
    ///
    /// - Parameter completion: with nil where no part can carry a mark.
    @discardableResult
    public func mark(
        _ scene: EngineScene, _ order: MarkOrder, limit: Duration = .seconds(3600),
        completion: @escaping (Result<MarkedCopy?, EngineFailure>) -> Void
    ) throws(EngineFailure) -> Ticket {
        guard order.isValid else { throw .refused(reason: "an order of marks is out of bounds") }
        var scene = scene
        scene.keepsBlocks = true
        // Only the frame is looked at.
        let request = RenderRequest(
            settings: order.settings, frame: order.frame, rngKey: 0, tile: order.tiles[0], samples: 0..<order.settings.samples)
        return try add(scene, request, limit, .mark(order, completion: completion))
    }

    private func add(_ scene: EngineScene, _ request: RenderRequest, _ limit: Duration, _ task: Task) throws(EngineFailure) -> Ticket {
        guard !isClosed else { throw .closed }
        guard waiting.count + (current == nil ? 0 : 1) < parameters.requestsMax else { throw .queueFull(max: parameters.requestsMax) }
        do throws(RenderError) { try request.validate() } catch { throw .refused(reason: error.description) }
        let id = nextID
        nextID = nextID == .max ? 1 : nextID + 1
        waiting.append(Entry(id: id, scene: scene, request: request, deadline: loop.deadline(after: limit), limit: limit, task: task))
        if current == nil, restart?.deadline == nil { restart?.arm(at: loop.now) }
        armWatchdog()
        return Ticket(id: id)
    }

    /// Ends a request without calling its completion. Nothing happens where it is over.
    public func cancel(_ ticket: Ticket) {
        waiting.removeAll { $0.id == ticket.id }
        guard current?.id == ticket.id, current?.isCancelled == false else { return }
        current?.isCancelled = true
        send(.cancel(id: ticket.id))
    }

    /// Ends the process. Requests that wait or run end with `.closed`, from inside this call.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        watchdog?.close()
        restart?.close()
        endProcess()
        let entries = [current].compactMap(\.self) + waiting
        current = nil
        waiting = []
        for entry in entries { finish(entry, .closed) }
    }

    func finish(_ entry: Entry, _ failure: EngineFailure) {
        guard !entry.isCancelled else { return }
        switch entry.task {
        case .prepare(let completion): completion(.failure(failure))
        case .render(_, let completion): completion(.failure(failure))
        case .recompute(_, let completion): completion(.failure(failure))
        case .mark(_, let completion): completion(.failure(failure))
        }
    }
}
