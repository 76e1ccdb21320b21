internal import Determinism
internal import Identity
internal import ProofOfRender
internal import Wire

/// The Workers and Verifiers registered with this Manager.
struct MemberTable: Sendable {
    struct Member: Sendable {
        var registration: Register
        var record: Record
        var isConnected = true
        /// When it registered last.
        var seenAt: Instant
        /// Leases before commitment, or duties before the verdict.
        var active = 0
        /// It declined or did not answer: not asked again before.
        var coolUntil = Instant.origin

        var slotsFree: Int { Int(registration.slots) - active }
    }

    enum Outcome: Sendable {
        case joined
        /// The same node after a restart: it remembers nothing.
        case restarted
        case refreshed
        /// Older than what is known.
        case stale
        case full
    }

    let countMax: Int
    private(set) var members: [Bytes32: Member] = [:]
    private var sorted: [Bytes32] = []

    init(countMax: Int) { self.countMax = countMax }

    subscript(key: Bytes32) -> Member? { members[key] }
    var count: Int { members.count }
    /// All keys, ascending.
    var keys: [Bytes32] { sorted }

    func count(_ role: RoleName) -> Int { members.values.count { $0.registration.role == role } }

    /// Somebody of this role could take something now.
    func hasFreeSlot(_ role: RoleName, now: Instant) -> Bool {
        members.values.contains { $0.registration.role == role && $0.isConnected && $0.slotsFree > 0 && $0.coolUntil <= now }
    }

    mutating func register(_ body: Register, record: Record, now: Instant) -> Outcome {
        guard let known = members[record.author] else {
            guard members.count < countMax else { return .full }
            members[record.author] = Member(registration: body, record: record, seenAt: now)
            sorted.insert(record.author, at: place(of: record.author))
            return .joined
        }
        if body.session == known.registration.session, body.sequence <= known.registration.sequence { return .stale }
        members[record.author]?.registration = body
        members[record.author]?.record = record
        members[record.author]?.seenAt = now
        members[record.author]?.isConnected = true
        return body.session == known.registration.session ? .refreshed : .restarted
    }

    mutating func remove(_ key: Bytes32) -> RoleName? {
        guard let member = members.removeValue(forKey: key) else { return nil }
        sorted.remove(at: place(of: key))
        return member.registration.role
    }

    mutating func setConnected(_ key: Bytes32, _ isConnected: Bool) { members[key]?.isConnected = isConnected }
    mutating func began(_ key: Bytes32) { members[key]?.active += 1 }
    mutating func ended(_ key: Bytes32) {
        if let active = members[key]?.active, active > 0 { members[key]?.active = active - 1 }
    }
    mutating func cool(_ key: Bytes32, until instant: Instant) { members[key]?.coolUntil = instant }

    /// Those who have not registered since.
    func silent(since instant: Instant) -> [Bytes32] { sorted.filter { (members[$0]?.seenAt ?? instant) < instant } }

    /// What a draw chooses from: the members of a role that pass the test, ascending by key; nil where there are none.
    func roster(_ role: RoleName, where qualifies: (Bytes32, Member) -> Bool) -> Roster? {
        let entries = sorted.compactMap { key -> Roster.Entry? in
            guard let member = members[key], member.registration.role == role, qualifies(key, member) else { return nil }
            return Roster.Entry(key: key, operatorID: member.registration.operatorID)
        }
        return entries.isEmpty ? nil : Roster(entries)
    }

    /// Everybody of a role, as a round's root certifies it.
    func roster(_ role: RoleName) -> Roster? { roster(role) { _, _ in true } }

    private func place(of key: Bytes32) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
