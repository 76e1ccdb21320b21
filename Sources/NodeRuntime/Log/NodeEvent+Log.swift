internal import LibP2P
internal import Logging
internal import Node
internal import Roles
internal import Wire

/// An event as it is logged.
struct LogMessage {
    var level: Logger.Level
    var text: String
    var fields: [(String, String)] = []
}

extension NodeEvent {
    /// Nil for what would only be noise: gossip of others, progress.
    var logMessage: LogMessage? {
        switch self {
        case .role(let role, let event): event.logMessage(role)
        case .connected(let peer, let direction):
            LogMessage(level: .debug, text: "connected", fields: [("peer", "\(peer)"), ("direction", "\(direction)")])
        case .disconnected(let peer, let reason):
            LogMessage(level: .debug, text: "disconnected", fields: [("peer", "\(peer)"), ("reason", "\(reason)")])
        case .dialFailed(let peer, let reason):
            LogMessage(level: .info, text: "peer not reached", fields: [("peer", "\(peer)"), ("reason", "\(reason)")])
        case .parked: LogMessage(level: .info, text: "parked: connections end as they become idle", fields: [])
        case .managers(let peers): LogMessage(level: .info, text: "connected to Managers", fields: [("count", "\(peers.count)")])
        case .gossip: nil
        case .misbehaviour(let peer, let name):
            LogMessage(level: .warning, text: "peer broke a protocol", fields: [("peer", "\(peer)"), ("protocol", "\(name)")])
        }
    }
}

extension RoleEvent {
    func logMessage(_ role: RoleName) -> LogMessage? {
        func message(_ level: Logger.Level, _ text: String, _ fields: (String, String)...) -> LogMessage {
            LogMessage(level: level, text: text, fields: fields + [("role", "\(role)")])
        }
        func attempt(
            _ level: Logger.Level, _ text: String, _ job: Bytes32, _ task: UInt32, _ attempt: UInt32, _ fields: (String, String)...
        ) -> LogMessage {
            LogMessage(
                level: level, text: text,
                fields: [("job", job.short), ("task", "\(task)"), ("attempt", "\(attempt)")] + fields + [("role", "\(role)")])
        }
        switch self {
        case .drained: return message(.info, "drained")
        case .parked: return message(.info, "left its Managers")
        case .refused(let peer, let name, let reason):
            return message(.debug, "message refused", ("peer", "\(peer)"), ("protocol", "\(name)"), ("reason", "\(reason)"))
        case .registered(let manager, let round): return message(.info, "registered", ("manager", "\(manager)"), ("round", "\(round)"))
        case .registrationLost(let manager, let failure):
            return message(.warning, "registration lost", ("manager", "\(manager)"), ("reason", "\(failure)"))
        case .memberJoined(let key, let kind): return message(.info, "member joined", ("member", key.short), ("kind", "\(kind)"))
        case .memberLeft(let key, let kind): return message(.info, "member left", ("member", key.short), ("kind", "\(kind)"))
        case .roundClosed(let round, let records): return message(.debug, "round closed", ("round", "\(round)"), ("records", "\(records)"))
        case .jobReceived(let job, let client): return message(.info, "job received", ("job", "\(job)"), ("client", client.short))
        case .jobPlanned(let job, let tasks): return message(.info, "job planned", ("job", job.short), ("tasks", "\(tasks)"))
        case .jobEnded(let job, let phase): return message(.info, "job ended", ("job", job.short), ("phase", "\(phase)"))
        case .sceneMarked(let job, let worker, let frame, let parts):
            return message(
                .debug, parts > 0 ? "scene marked" : "scene cannot carry marks", ("job", job.short), ("worker", worker.short),
                ("frame", "\(frame)"), ("parts", "\(parts)"))
        case .marksMissing(let job, let task, let number, let verifier):
            return attempt(.warning, "marks missing in a picture: checking more", job, task, number, ("verifier", verifier.short))
        case .offered(let job, let task, let number, let worker):
            return attempt(.debug, "offered", job, task, number, ("worker", worker.short))
        case .attemptEnded(let job, let task, let number, let worker, let outcome):
            let level: Logger.Level = outcome == .rejected ? .warning : .info
            return attempt(level, "attempt ended", job, task, number, ("worker", worker.short), ("outcome", "\(outcome)"))
        case .dutyGiven(let job, let task, let number, let verifier):
            return attempt(.debug, "duty given", job, task, number, ("verifier", verifier.short))
        case .verdictCounted(let job, let task, let number, let verifier, let accepted):
            return attempt(.debug, "verdict", job, task, number, ("verifier", verifier.short), ("accepts", "\(accepted)"))
        case .penalised(let key, let rule, let job, let task):
            return message(.warning, "penalty", ("offender", key.short), ("rule", "\(rule)"), ("job", job.short), ("task", "\(task)"))
        case .leaseTaken(let job, let task, let number): return attempt(.info, "lease taken", job, task, number)
        case .leaseProgress: return nil
        case .leaseCommitted(let job, let task, let number, let rays):
            return attempt(.info, "committed", job, task, number, ("rays", "\(rays)"))
        case .leaseEnded(let job, let task, let number, let outcome):
            return attempt(.info, "lease ended", job, task, number, ("outcome", "\(outcome)"))
        case .dutyTaken(let job, let task, let number): return attempt(.info, "duty taken", job, task, number)
        case .dutyEnded(let job, let task, let number, let outcome):
            return attempt(.info, "duty ended", job, task, number, ("outcome", "\(outcome)"))
        case .jobProgress: return nil
        }
    }
}

extension Bytes32 {
    /// The first 16 hexadecimal digits: enough to tell jobs and members apart in a log.
    var short: String { String(description.prefix(16)) }
}
