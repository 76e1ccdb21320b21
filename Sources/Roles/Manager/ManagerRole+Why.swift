internal import Determinism
internal import Identity
internal import ProofOfRender
internal import Wire

extension ManagerRole {
    /// Why a job is not further: the scheduler's own tests, asked again.
    func reasons(_ job: JobState, now: Instant) -> [WhyReason] {
        var reasons: [WhyReason] = []
        if status.isDraining { reasons.append(.managerDraining) }
        if job.isPaused { reasons.append(.paused) }
        switch job.stage {
        case .fetching(let fetch): reasons.append(.fetchingScene(blocksMissing: UInt64(clamping: fetch.blocksMissing)))
        case .inspecting: reasons.append(.inspectingScene)
        case .running:
            if !job.waiting.isEmpty, !job.isPaused { reasons += workerReasons(job) }
            reasons += attemptReasons(job)
        }
        return Array(reasons.prefix(JobStatus.reasonsMax))
    }

    private func workerReasons(_ job: JobState) -> [WhyReason] {
        let workers = members.keys.compactMap { key in members[key].map { (key: key, member: $0) } }
            .filter { $0.member.registration.role == .worker && $0.member.isConnected }
        guard !workers.isEmpty else { return [.noWorkerRegistered] }
        let needed = job.plan?.memory ?? 0
        if !workers.contains(where: { $0.member.registration.memory >= needed }) {
            return [.noWorkerWithMemory(needed: needed, largest: workers.map(\.member.registration.memory).max() ?? 0)]
        }
        if job.order.priceMax > 0, !workers.contains(where: { $0.member.registration.priceMin <= job.order.priceMax }) {
            let cheapest = workers.map(\.member.registration.priceMin).min() ?? 0
            return [.noWorkerAtPrice(limit: job.order.priceMax, cheapest: cheapest)]
        }
        let excluded = workers.count { (job.strikes[$0.key] ?? 0) >= parameters.strikesMax }
        let qualifying = workers.count { qualifies($0.key, $0.member, for: job) }
        var reasons: [WhyReason] = []
        if excluded > 0 { reasons.append(.workersExcluded(count: UInt64(excluded))) }
        if clock.output == nil { reasons.append(.waitingForRound(round: clock.round, tasks: UInt64(job.waiting.count))) }
        if qualifying > 0 { reasons.append(.workersBusy(qualifying: UInt64(qualifying), tasksWaiting: UInt64(job.waiting.count))) }
        return reasons
    }

    private func attemptReasons(_ job: JobState) -> [WhyReason] {
        var (offered, leased, committed): (UInt64, UInt64, UInt64) = (0, 0, 0)
        var (verdicts, needed): (UInt64, UInt64) = (0, 0)
        var reasons: [WhyReason] = []
        for attempt in job.tasks.compactMap(\.attempt) {
            switch attempt.stage {
            case .offered: offered += 1
            case .leased: leased += 1
            case .committed: committed += 1
            case .verifying:
                needed += UInt64(attempt.committee?.needed ?? 0)
                verdicts += UInt64((attempt.committee?.accepts ?? 0) + (attempt.committee?.rejects ?? 0))
            }
        }
        if offered > 0 { reasons.append(.waitingForAnswers(offers: offered)) }
        if leased > 0 { reasons.append(.rendering(tasks: leased)) }
        if committed > 0 { reasons.append(.waitingForRound(round: clock.round, tasks: committed)) }
        if committed > 0 || needed > 0 {
            let present = verifiersPresent(for: job)
            if present < job.order.level.verifiers {
                reasons.append(.tooFewVerifiers(needed: UInt64(job.order.level.verifiers), present: UInt64(present)))
            }
        }
        if needed > 0 { reasons.append(.waitingForVerdicts(present: verdicts, needed: needed)) }
        for (index, task) in job.tasks.enumerated() where task.failures > 0 && task.accepted == nil {
            reasons.append(
                task.isGivenUp
                    ? .taskGivenUp(task: UInt64(index), attempts: UInt64(task.attempts))
                    : .taskFailing(task: UInt64(index), attempts: UInt64(task.failures)))
        }
        return reasons
    }
}
