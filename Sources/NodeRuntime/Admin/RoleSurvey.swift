internal import Node
internal import Roles

/// The state of every role of a node at one moment.
enum RoleSurvey {
    /// Asks every role, and answers when the last is there, possibly before this returns.
    static func gather(_ daemon: NodeDaemon, done: @escaping ([RoleStatus]) -> Void) {
        var found: [RoleName: RoleStatus] = [:]
        let roles = daemon.settings.roles
        let finish = { done(roles.compactMap { found[$0] }) }
        guard !roles.isEmpty else { return finish() }
        var left = roles.count
        for role in roles {
            daemon.ask(role, .status) { answer in
                if case .status(let status) = answer { found[role] = status }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }
}

extension NodeDaemon {
    var isReady: Bool { obstacle == nil }

    /// Why the node does not take work now, in words; nil where it does.
    var obstacle: String? {
        switch phase {
        case .starting: "starting"
        case .draining, .stopping, .stopped: "draining"
        case .running where node.isParked: "parked"
        case .running:
            settings.roles.contains { $0 != .manager } && managers.isEmpty ? "no Manager is connected yet" : nil
        }
    }
}
