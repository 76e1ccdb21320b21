internal import Node
public import Roles

/// Questions and commands to roles that wait for their answers.
struct Questions {
    private var waiting: [QueryID: (RoleAnswer) -> Void] = [:]
    private var last: UInt64 = 0

    var count: Int { waiting.count }

    mutating func add(_ deliver: @escaping (RoleAnswer) -> Void) -> QueryID {
        last += 1
        let id = QueryID(last)
        waiting[id] = deliver
        return id
    }

    /// Who waits for this answer. Called by the caller, since it may ask again.
    mutating func take(_ id: QueryID) -> ((RoleAnswer) -> Void)? { waiting.removeValue(forKey: id) }
}

extension NodeDaemon {
    /// Asks a role; `deliver` is called once, from the loop, possibly before this returns.
    public func ask(_ role: RoleName, _ query: RoleQuery, deliver: @escaping (RoleAnswer) -> Void) {
        guard let id = admit(role, deliver) else { return }
        tell(.query(role, id, query))
    }

    public func command(_ role: RoleName, _ command: RoleCommand, deliver: @escaping (RoleAnswer) -> Void) {
        guard let id = admit(role, deliver) else { return }
        tell(.command(role, id, command))
    }

    private func admit(_ role: RoleName, _ deliver: @escaping (RoleAnswer) -> Void) -> QueryID? {
        guard settings.roles.contains(role) else {
            deliver(.failed(.unsupported))
            return nil
        }
        guard questions.count < parameters.questionsMax, phase != .stopped else {
            deliver(.failed(.busy))
            return nil
        }
        return questions.add(deliver)
    }
}
