/// A real reason of the scheduler's, for `job why`. The text is made where it is shown.
public enum WhyReason: Hashable, Sendable {
    /// Bytes of the scene that the Manager still lacks are asked of the client.
    case fetchingScene(blocksMissing: UInt64)
    case inspectingScene
    case sceneRejected(SceneFault)
    case noWorkerRegistered
    /// Workers are there, but none has the memory, in bytes, that the scene needs.
    case noWorkerWithMemory(needed: UInt64, largest: UInt64)
    /// In millionths of an ifxDollar per IBM.
    case noWorkerAtPrice(limit: UInt64, cheapest: UInt64)
    case workersBusy(qualifying: UInt64, tasksWaiting: UInt64)
    case workersExcluded(count: UInt64)
    case waitingForAnswers(offers: UInt64)
    case rendering(tasks: UInt64)
    case waitingForRound(round: UInt64, tasks: UInt64)
    case tooFewVerifiers(needed: UInt64, present: UInt64)
    case waitingForVerdicts(present: UInt64, needed: UInt64)
    case taskFailing(task: UInt64, attempts: UInt64)
    case taskGivenUp(task: UInt64, attempts: UInt64)
    case paused
    case managerDraining
    case cancelled
    case complete
}

/// Why a scene cannot be rendered.
public enum SceneFault: UInt64, Error, Hashable, Sendable, CaseIterable {
    /// Not a manifest of a canonical scene, or one with invalid numbers or references.
    case malformed = 1
    /// Larger than the Manager takes.
    case tooLarge = 2
    /// The settings name a camera that is not there.
    case cameraMissing = 3
    /// The client stopped serving it.
    case unavailable = 4
    /// The engine or the store failed while reading it.
    case engineFailed = 5
}

extension WhyReason: CustomStringConvertible {
    /// One sentence for people.
    public var description: String {
        switch self {
        case .fetchingScene(let missing): "the Manager is fetching the scene: \(missing) blocks are missing"
        case .inspectingScene: "the Manager is checking the scene"
        case .sceneRejected(let fault): "the scene was rejected: \(fault)"
        case .noWorkerRegistered: "no Worker is registered with the Manager"
        case .noWorkerWithMemory(let needed, let largest):
            "no Worker has the memory for the scene: \(needed) bytes are needed, the largest Worker has \(largest)"
        case .noWorkerAtPrice(let limit, let cheapest):
            "every Worker asks more than the job pays: the limit is \(limit), the cheapest asks \(cheapest) (millionths of an ifxDollar per IBM)"
        case .workersBusy(let qualifying, let waiting): "all \(qualifying) Workers that qualify are busy; \(waiting) tasks wait"
        case .workersExcluded(let count): "\(count) Workers are excluded from this job after rejected results"
        case .waitingForAnswers(let offers): "\(offers) offers wait for their Workers' answers"
        case .rendering(let tasks): "\(tasks) tasks are being rendered"
        case .waitingForRound(let round, let tasks): "\(tasks) results wait for the end of round \(round)"
        case .tooFewVerifiers(let needed, let present): "\(needed) Verifiers are needed, \(present) are there"
        case .waitingForVerdicts(let present, let needed): "\(present) of \(needed) verdicts are there"
        case .taskFailing(let task, let attempts): "task \(task) failed \(attempts) times and is tried again"
        case .taskGivenUp(let task, let attempts): "task \(task) was given up after \(attempts) attempts"
        case .paused: "the job is paused"
        case .managerDraining: "the Manager is shutting down"
        case .cancelled: "the job was cancelled"
        case .complete: "the job is complete"
        }
    }
}

extension WhyReason {
    /// Number of the reason and its two figures, as they travel.
    public var code: (UInt32, UInt64, UInt64) {
        switch self {
        case .fetchingScene(let missing): (1, missing, 0)
        case .inspectingScene: (2, 0, 0)
        case .sceneRejected(let fault): (3, fault.rawValue, 0)
        case .noWorkerRegistered: (4, 0, 0)
        case .noWorkerWithMemory(let needed, let largest): (5, needed, largest)
        case .noWorkerAtPrice(let limit, let cheapest): (6, limit, cheapest)
        case .workersBusy(let qualifying, let waiting): (7, qualifying, waiting)
        case .workersExcluded(let count): (8, count, 0)
        case .waitingForAnswers(let offers): (9, offers, 0)
        case .rendering(let tasks): (10, tasks, 0)
        case .waitingForRound(let round, let tasks): (11, round, tasks)
        case .tooFewVerifiers(let needed, let present): (12, needed, present)
        case .waitingForVerdicts(let present, let needed): (13, present, needed)
        case .taskFailing(let task, let attempts): (14, task, attempts)
        case .taskGivenUp(let task, let attempts): (15, task, attempts)
        case .paused: (16, 0, 0)
        case .managerDraining: (17, 0, 0)
        case .cancelled: (18, 0, 0)
        case .complete: (19, 0, 0)
        }
    }

    /// Nil for a number of a later version.
    public init?(code: UInt32, _ a: UInt64, _ b: UInt64) {
        switch code {
        case 1: self = .fetchingScene(blocksMissing: a)
        case 2: self = .inspectingScene
        case 3:
            guard let fault = SceneFault(rawValue: a) else { return nil }
            self = .sceneRejected(fault)
        case 4: self = .noWorkerRegistered
        case 5: self = .noWorkerWithMemory(needed: a, largest: b)
        case 6: self = .noWorkerAtPrice(limit: a, cheapest: b)
        case 7: self = .workersBusy(qualifying: a, tasksWaiting: b)
        case 8: self = .workersExcluded(count: a)
        case 9: self = .waitingForAnswers(offers: a)
        case 10: self = .rendering(tasks: a)
        case 11: self = .waitingForRound(round: a, tasks: b)
        case 12: self = .tooFewVerifiers(needed: a, present: b)
        case 13: self = .waitingForVerdicts(present: a, needed: b)
        case 14: self = .taskFailing(task: a, attempts: b)
        case 15: self = .taskGivenUp(task: a, attempts: b)
        case 16: self = .paused
        case 17: self = .managerDraining
        case 18: self = .cancelled
        case 19: self = .complete
        default: return nil
        }
    }
}
