internal import Identity
internal import RenderModel
public import Roles
internal import Wire

// What the verbs print with --json. Names and units are a stable schema: add, never change.

extension JSON {
    public init(_ status: JobStatus) {
        self = .object([
            "job": .text(status.job.description), "phase": .text("\(status.phase)"),
            "seconds": .number(Double(status.milliseconds) / 1000), "round": .whole(status.round),
            "tasks_total": .whole(status.tasksTotal), "tasks_verified": .whole(status.tasksVerified),
            "attempts_lost": .whole(status.attemptsLost), "rays": .whole(status.rays), "accepts": .whole(status.accepts),
            "rejects": .whole(status.rejects), "reasons": .array(status.reasons.map { .text($0.description) }),
            "tasks": .array(status.tasks.map(JSON.init)),
        ])
    }

    public init(_ task: TaskStatus) {
        self = .object([
            "task": .whole(task.index), "frame": .whole(task.frame),
            "tile": .array([task.tile.x, task.tile.y, task.tile.width, task.tile.height].map { .whole($0) }),
            "phase": .text("\(task.phase)"), "worker": task.worker.map { .text(PeerID(ed25519: $0).description) } ?? .null,
            "attempts": .whole(task.attempts), "permille": .whole(task.permille), "rays": .whole(task.rays),
            "accepts": .whole(task.accepts), "rejects": .whole(task.rejects),
            "render_seconds": .number(Double(task.renderMilliseconds) / 1000),
            "picture": task.picture.map { .text($0.description) } ?? .null,
            "rng_key": task.rngKey.map(JSON.digits) ?? .null,
        ])
    }

    public init(_ status: RoleStatus) {
        self = .object([
            "role": .text("\(status.role)"), "round": .whole(status.round), "draining": .boolean(status.isDraining),
            "paused": .boolean(status.isPaused), "parked": .boolean(status.isParked), "managers": .whole(status.managers),
            "workers": .whole(status.workers),
            "verifiers": .whole(status.verifiers), "jobs": .whole(status.jobs), "jobs_ended": .whole(status.jobsEnded),
            "active": .whole(status.active), "tasks_accepted": .whole(status.tasksAccepted),
            "tasks_rejected": .whole(status.tasksRejected), "rays": .whole(status.rays),
            "reasons": .array(status.reasons.map { .text($0.description) }),
        ])
    }

    public init(_ entry: RosterEntryStatus) {
        self = .object([
            "peer": .text(PeerID(ed25519: entry.key).description), "role": .text("\(entry.role)"), "connected": .boolean(entry.isConnected),
            "memory": .whole(entry.memory), "price": .whole(entry.price), "benchmark": .whole(entry.benchmark),
            "active": .whole(entry.active),
        ])
    }

    public init(_ penalty: PenaltyStatus) {
        self = .object([
            "record": .text(penalty.record.description), "offender": .text(PeerID(ed25519: penalty.offender).description),
            "rule": .text("\(penalty.rule)"), "job": .text(penalty.job.description), "task": .whole(penalty.task),
            "attempt": .whole(penalty.attempt), "round": .whole(penalty.round),
        ])
    }
}

extension AdminFailure {
    /// A role's refusal in words, with the verb's exit status.
    public init(_ failure: CommandFailure) {
        switch failure {
        case .unsupported: self.init(.failed, "no role of this node does that", advice: "Ask the Manager's node, or give --network.")
        case .unknownJob: self.init(.failed, "there is no such job here", advice: "See: node job ls")
        case .unknownTask: self.init(.failed, "the job has no such task", advice: "See: node job show JOB")
        case .refused(let reason): self.init(refusal: reason)
        case .noManager:
            self.init(
                .unreachable, "no Manager answered in time", advice: "Check the network definition's bootstrap peers, then try again.")
        case .busy: self.init(.failed, "the node has as much to do as it may", advice: "Try again in a moment.")
        case .draining: self.init(.refused, "the node is shutting down", advice: "Ask another Manager.")
        case .incomplete(let status):
            self.init(
                .jobFailed, "the job ended with \(status.tasksVerified) of \(status.tasksTotal) tasks verified",
                advice: "See why: node job why \(status.job); try the rest again: node job retry \(status.job)")
        case .pictureUnavailable(let task):
            self.init(
                .jobFailed, "the picture of task \(task) could not be had, or is not what was committed to",
                advice: "Try again: node job fetch")
        case .invalidOrder: self.init(.failed, "the order breaks a rule: frames, size, samples or formats are out of their bounds")
        case .proofUnavailable: self.init(.failed, "the task has no verdict yet, so there is no proof")
        }
    }
}

extension AdminFailure {
    /// Why a Manager refused, and what to do about it.
    init(refusal reason: RefusalReason) {
        let (problem, advice) =
            switch reason {
            case .malformed: ("it does not understand the message", "Use the release of the network's other nodes.")
            case .notSigned: ("the signature is not that of this client", "Check that --network names the network that the Manager is in.")
            case .notYours: ("the job belongs to another client", "Give the --data directory that it was submitted from.")
            case .unknown: ("it does not know this job", "See: node job ls")
            case .tooMany: ("it has as many jobs as it takes", "Wait for one to end, or ask another Manager with --manager.")
            case .tooLarge:
                ("the order is too large to be proven", "Give fewer --samples or a smaller --size; frames of one job may be many.")
            case .draining: ("it takes no new jobs at the moment", "Try again later, or ask another Manager with --manager.")
            case .expired: ("the order is too old", "Submit it again.")
            case .wrongState: ("the job is in no state for that", "See: node job show JOB")
            case .unsupported: ("it does not do that", "Use the release of the network's other nodes.")
            }
        self.init(.refused, "the Manager refused: \(problem)", advice: advice)
    }
}
