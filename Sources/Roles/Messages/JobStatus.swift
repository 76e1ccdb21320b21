public import RenderModel
public import Wire

/// Where a job is.
public enum JobPhase: UInt32, Hashable, Sendable, CaseIterable {
    case requested = 1
    /// The Manager is fetching and checking the scene.
    case fetching = 2
    case planned = 3
    case running = 4
    case paused = 5
    case verified = 6
    case failed = 7
    case cancelled = 8

    public var isFinal: Bool { self == .verified || self == .failed || self == .cancelled }
}

/// Where a task's live attempt is.
public enum TaskPhase: UInt32, Hashable, Sendable, CaseIterable {
    case waiting = 1
    case offered = 2
    case rendering = 3
    case committed = 4
    case verifying = 5
    case verified = 6
    case failed = 7
}

/// One task in the answer to a status query.
public struct TaskStatus: Hashable, Sendable {
    public var index: UInt32
    public var frame: UInt32
    public var tile: Tile
    public var phase: TaskPhase
    /// Key of the Worker of the live or the accepted attempt; nil while nobody has it.
    public var worker: Bytes32?
    /// Attempts begun.
    public var attempts: UInt32
    public var permille: UInt32
    public var rays: UInt64
    public var accepts: UInt32
    public var rejects: UInt32
    /// From the offer to the commitment of the accepted attempt.
    public var renderMilliseconds: UInt64
    /// The raw picture, once accepted.
    public var picture: CID?
    /// Key of the random numbers of the live or the accepted attempt, once it is committed: with it anybody renders the task again.
    public var rngKey: UInt64?

    public init(index: UInt32, frame: UInt32, tile: Tile, phase: TaskPhase) {
        self.index = index
        self.frame = frame
        self.tile = tile
        self.phase = phase
        worker = nil
        attempts = 0
        permille = 0
        rays = 0
        accepts = 0
        rejects = 0
        renderMilliseconds = 0
        picture = nil
        rngKey = nil
    }
}

/// What a client asks about its job; tasks are paged.
public struct JobStatusQuery: Hashable, Sendable {
    public static let tasksMax = 1_024

    public var job: Bytes32
    public var firstTask: UInt32
    /// At most `tasksMax`.
    public var taskCount: UInt32

    public init(job: Bytes32, firstTask: UInt32 = 0, taskCount: UInt32 = UInt32(JobStatusQuery.tasksMax)) {
        self.job = job
        self.firstTask = firstTask
        self.taskCount = taskCount
    }
}

/// The whole of what the Manager tells about a job.
public struct JobStatus: Hashable, Sendable {
    public static let reasonsMax = 16

    public var job: Bytes32
    public var phase: JobPhase
    /// Since the Manager took the job, to its end or to now.
    public var milliseconds: UInt64 = 0
    public var round: UInt64 = 0
    public var tasksTotal: UInt32 = 0
    public var tasksVerified: UInt32 = 0
    /// Attempts that ended otherwise than accepted.
    public var attemptsLost: UInt32 = 0
    /// Of accepted attempts.
    public var rays: UInt64 = 0
    public var accepts: UInt32 = 0
    public var rejects: UInt32 = 0
    /// Number of the client's last `JobControl` that was carried out.
    public var controlNumber: UInt64 = 0
    /// Tasks from the one that was asked for, in order of their index.
    public var tasks: [TaskStatus] = []
    /// Why the job is not further, most important first.
    public var reasons: [WhyReason] = []

    public init(job: Bytes32, phase: JobPhase) {
        self.job = job
        self.phase = phase
    }
}
