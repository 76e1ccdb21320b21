internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One job at the Manager, from the request until it is archived.
struct JobState: Sendable {
    enum Stage: Sendable {
        case fetching(SceneFetch)
        case inspecting(WorkID)
        case running
    }

    let id: RecordID
    let record: Record
    let request: JobRequest
    let createdAt: Instant
    /// Time that it took before a restart.
    var millisecondsBefore: UInt64 = 0
    var stage: Stage
    var facts: SceneFacts?
    var plan: JobPlan?
    var planRecord: Record?
    var grid: TaskGrid?
    /// Nil with marks off.
    var marks: JobMarks?
    var tasks: [TaskState] = []
    /// Tasks to be offered, in order.
    var waiting: [Int] = []
    var isPaused = false
    /// Number of the last `JobControl` that was carried out.
    var controlNumber: UInt64 = 0
    /// Results of a Worker that were rejected, or leases that it let go.
    var strikes: [Bytes32: Int] = [:]
    var tasksVerified: UInt32 = 0
    var tasksGivenUp: UInt32 = 0
    var attemptsLost: UInt32 = 0
    var rays: UInt64 = 0
    var accepts: UInt32 = 0
    var rejects: UInt32 = 0

    init(id: RecordID, record: Record, request: JobRequest, stage: Stage, now: Instant) {
        self.id = id
        self.record = record
        self.request = request
        self.stage = stage
        createdAt = now
    }

    var order: JobOrder { request.order }
    var client: PeerID { PeerID(ed25519: record.author) }
    var isRunning: Bool { plan != nil }

    var phase: JobPhase {
        switch stage {
        case .fetching, .inspecting: .fetching
        case .running: isPaused ? .paused : (tasks.contains { $0.attempts > 0 } ? .running : .planned)
        }
    }

    /// Every task is accepted or given up.
    var isDone: Bool { isRunning && Int(tasksVerified) + Int(tasksGivenUp) == tasks.count }

    /// Takes the plan: one task state per cell of the grid.
    mutating func begin(_ plan: JobPlan, record: Record, id: RecordID, grid: TaskGrid) {
        self.plan = plan
        planRecord = record
        self.grid = grid
        stage = .running
        tasks = Array(repeating: TaskState(cause: id), count: grid.taskCount)
        waiting = grid.schedule
    }

    /// Puts a task back to the front of the queue.
    mutating func requeue(_ task: Int) {
        if !waiting.contains(task) { waiting.insert(task, at: 0) }
    }

    mutating func accept(_ task: Int, _ accepted: AcceptedTask, end: RecordID) {
        tasks[task].accepted = accepted
        tasks[task].attempt = nil
        tasks[task].cause = end
        tasksVerified += 1
        rays &+= accepted.rays
        accepts += accepted.accepts
        rejects += accepted.rejects
    }

    func milliseconds(now: Instant) -> UInt64 { millisecondsBefore &+ (now - createdAt).nanosecondsClamped / 1_000_000 }

    func taskStatus(_ index: Int) -> TaskStatus? {
        guard let grid, index < tasks.count else { return nil }
        let (planned, task) = (grid[index], tasks[index])
        var status = TaskStatus(index: planned.index, frame: planned.frame, tile: planned.tile, phase: .waiting)
        status.attempts = task.attempts
        if let accepted = task.accepted {
            status.phase = .verified
            status.worker = accepted.worker
            status.permille = 1_000
            status.rays = accepted.rays
            status.accepts = accepted.accepts
            status.rejects = accepted.rejects
            status.renderMilliseconds = accepted.milliseconds
            status.picture = accepted.picture
            status.rngKey = accepted.rngKey
        } else if task.isGivenUp {
            status.phase = .failed
        } else if let attempt = task.attempt {
            status.phase = attempt.phase
            status.worker = attempt.worker
            status.permille = attempt.permille
            status.rays = attempt.rays
            status.accepts = attempt.committee?.accepts ?? 0
            status.rejects = attempt.committee?.rejects ?? 0
            if attempt.claim != nil { status.rngKey = attempt.offer.rngKey(offer: attempt.offerID) }
        }
        return status
    }

    /// Without tasks and reasons.
    func summary(phase: JobPhase, round: UInt64, now: Instant) -> JobStatus {
        var status = JobStatus(job: id, phase: phase)
        status.milliseconds = milliseconds(now: now)
        status.round = round
        status.tasksTotal = UInt32(clamping: tasks.count)
        status.tasksVerified = tasksVerified
        status.attemptsLost = attemptsLost
        status.rays = rays
        status.accepts = accepts
        status.rejects = rejects
        status.controlNumber = controlNumber
        return status
    }
}
