public import Wire

/// What the node's owner tells a role to do. Answered by `RoleEffect.answer` with the same query id.
public enum RoleCommand: Sendable {
    /// Client: answered with `submitted` once the Manager has accepted the job or with `failed`.
    case submit(JobOrder)
    /// Client: fetches and delivers what a job of ours, or one whose id is known, has verified so far; ends in `delivered`.
    case fetch(job: Bytes32)
    /// Client for its own jobs, Manager for any.
    case cancel(job: Bytes32)
    case pauseJob(job: Bytes32)
    case resumeJob(job: Bytes32)
    /// Gives tasks that were given up a new set of attempts.
    case retry(job: Bytes32)
    /// Worker and Verifier: take nothing new until `resume`. Manager: take no new jobs.
    case pause
    /// Worker and Verifier: besides, leave the Managers once what was begun is done (`RoleEvent.parked`).
    case park
    case resume
}

/// What the node's owner asks a role.
public enum RoleQuery: Sendable {
    case status
    case jobs
    case job(JobStatusQuery)
    case roster
    case penalties
    /// The signed records of a verdict, as the bytes of a `ProofBundle`; without an attempt, of the task's last decided one.
    case proof(job: Bytes32, task: UInt32, attempt: UInt32?)
}

public enum RoleAnswer: Sendable {
    case done
    case submitted(job: Bytes32)
    /// All tiles of the verified tasks went out as `deliverTile`.
    case delivered(JobStatus)
    case status(RoleStatus)
    case jobs([JobStatus])
    case job(JobStatus)
    case roster([RosterEntryStatus])
    case penalties([PenaltyStatus])
    case proof([UInt8])
    case failed(CommandFailure)
}

public enum CommandFailure: Error, Hashable, Sendable {
    /// This role has no such command.
    case unsupported
    case unknownJob
    case unknownTask
    /// The Manager refused with this reason.
    case refused(RefusalReason)
    /// No Manager answered in time.
    case noManager
    /// A limit on concurrent commands or jobs.
    case busy
    case draining
    /// The job ended without a picture for some tasks.
    case incomplete(JobStatus)
    /// A tile that was promised could not be had, or is not what was committed to.
    case pictureUnavailable(task: UInt32)
    case invalidOrder
    case proofUnavailable
}

/// Why a Manager did not take a message. The number travels.
public enum RefusalReason: UInt32, Hashable, Sendable, CaseIterable {
    case malformed = 1
    case notSigned = 2
    case notYours = 3
    case unknown = 4
    case tooMany = 5
    case tooLarge = 6
    case draining = 7
    case expired = 8
    case wrongState = 9
    case unsupported = 10
}

/// One line about a role for `node status`, and the numbers for metrics.
public struct RoleStatus: Hashable, Sendable {
    public var role: RoleName
    public var round: UInt64 = 0
    public var isDraining = false
    public var isPaused = false
    /// A leaf that has left its Managers, or is about to.
    public var isParked = false
    public var managers: UInt32 = 0
    public var workers: UInt32 = 0
    public var verifiers: UInt32 = 0
    /// Jobs that have not ended.
    public var jobs: UInt32 = 0
    public var jobsEnded: UInt64 = 0
    /// Live tasks, leases, duties or submissions.
    public var active: UInt32 = 0
    public var tasksAccepted: UInt64 = 0
    public var tasksRejected: UInt64 = 0
    public var rays: UInt64 = 0
    /// Why nothing is being done, where nothing is.
    public var reasons: [WhyReason] = []

    public init(role: RoleName) { self.role = role }

    /// Whether the role takes new work.
    public var takesWork: Bool { !isPaused && !isParked && !isDraining }
    /// Whether it goes as soon as it has nothing to do.
    var isLeaving: Bool { isParked || isDraining }
}

public struct RosterEntryStatus: Hashable, Sendable {
    public var key: Bytes32
    public var role: RoleName
    public var isConnected: Bool
    public var memory: UInt64
    public var price: UInt64
    public var benchmark: UInt64
    /// Leases or duties now.
    public var active: UInt32

    public init(key: Bytes32, role: RoleName, isConnected: Bool, memory: UInt64, price: UInt64, benchmark: UInt64, active: UInt32) {
        self.key = key
        self.role = role
        self.isConnected = isConnected
        self.memory = memory
        self.price = price
        self.benchmark = benchmark
        self.active = active
    }
}

public struct PenaltyStatus: Hashable, Sendable {
    /// Id of the signed record.
    public var record: Bytes32
    public var offender: Bytes32
    public var rule: PenaltyRule
    public var job: Bytes32
    public var task: UInt32
    public var attempt: UInt32
    public var round: UInt64

    public init(record: Bytes32, offender: Bytes32, rule: PenaltyRule, job: Bytes32, task: UInt32, attempt: UInt32, round: UInt64) {
        self.record = record
        self.offender = offender
        self.rule = rule
        self.job = job
        self.task = task
        self.attempt = attempt
        self.round = round
    }
}
