internal import Determinism
internal import LibP2P

/// What a Worker and a Verifier have in common for those who run them: commands, status, and leaving, for good or until `resume`.
protocol LeafRole {
    associatedtype Timer: Hashable, Sendable

    var ids: RoleIDs { get set }
    var timers: Timers<Timer> { get set }
    var membership: Membership { get set }
    var status: RoleStatus { get set }
    /// When it rings, what is not done is given up.
    static var leaveTimer: Timer { get }
    var requestWait: Duration { get }
    /// From the signal to drain until that timer rings.
    var drainWait: Duration { get }
    /// Leases or duties.
    var activeCount: Int { get }
    /// Gives up at once what need not be finished.
    mutating func giveUpWaiting(now: Instant, emit: inout [RoleEffect])
}

extension LeafRole {
    mutating func drain(now: Instant, emit: inout [RoleEffect]) {
        guard !status.isDraining else { return }
        status.isDraining = true
        leave(now: now, emit: &emit)
    }

    private mutating func park(now: Instant, emit: inout [RoleEffect]) {
        guard !status.isLeaving else { return }
        status.isParked = true
        leave(now: now, emit: &emit)
    }

    private mutating func resume(now: Instant) {
        status.isPaused = false
        guard status.isParked, !status.isDraining else { return }
        status.isParked = false
        timers.cancel(Self.leaveTimer)
        membership.comeBack(now: now)
    }

    private mutating func leave(now: Instant, emit: inout [RoleEffect]) {
        takeWork(false, now: now, emit: &emit)
        giveUpWaiting(now: now, emit: &emit)
        timers.set(Self.leaveTimer, at: now + drainWait)
        leaveIfDone(emit: &emit)
    }

    /// To be called whenever a lease or a duty ends.
    mutating func leaveIfDone(emit: inout [RoleEffect]) {
        guard status.isLeaving, activeCount == 0 else { return }
        timers.cancel(Self.leaveTimer)
        if !membership.registrations.isStopped {
            var ids = ids
            membership.leave(wait: requestWait, ids: &ids, emit: &emit)
            self.ids = ids
        }
        emit.append(.event(status.isDraining ? .drained : .parked))
    }

    private mutating func takeWork(_ takesWork: Bool, now: Instant, emit: inout [RoleEffect]) {
        var ids = ids
        membership.takeWork(takesWork, now: now, ids: &ids, emit: &emit)
        self.ids = ids
    }

    mutating func command(_ query: QueryID, _ command: RoleCommand, now: Instant, emit: inout [RoleEffect]) {
        switch command {
        case .pause: status.isPaused = true
        case .park: park(now: now, emit: &emit)
        case .resume: resume(now: now)
        default:
            emit.append(.answer(query, .failed(.unsupported)))
            return
        }
        takeWork(status.takesWork, now: now, emit: &emit)
        emit.append(.answer(query, .done))
    }

    func answer(_ query: QueryID, _ question: RoleQuery, emit: inout [RoleEffect]) {
        guard case .status = question else {
            emit.append(.answer(query, .failed(.unsupported)))
            return
        }
        var status = status
        status.round = membership.round
        status.managers = UInt32(clamping: membership.registrations.registeredCount)
        status.active = UInt32(clamping: activeCount)
        emit.append(.answer(query, .status(status)))
    }
}
