internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// How a leaf keeps itself known to its Managers.
public struct RegistrationParameters: Hashable, Sendable {
    /// A leaf keeps this many Managers at most.
    public var managersMax = 3
    /// Between two registrations; the Manager forgets a leaf after a few that are missing.
    public var refresh: Duration = .seconds(10)
    /// For the answer to one.
    public var wait: Duration = .seconds(5)
    /// Before the next try after a failure, doubled with each to the most.
    public var pauseMin: Duration = .seconds(1)
    public var pauseMax: Duration = .seconds(30)
    /// A Manager that has brought no new beacon for so long is to be replaced. Default 60 s: two rounds of 30 s.
    public var silenceMax: Duration = .seconds(60)

    public init() {}
}

/// A leaf's registrations with its Managers: registers, refreshes, and tries again with growing pauses.
struct Registrations: Sendable {
    struct Entry: Sendable {
        var addresses: [Multiaddr]
        var isRegistered = false
        var failures = 0
        /// When the next registration goes out; nil while one is on its way.
        var nextAt: Instant?
        var request: RequestID?
        /// What the registration on its way says has changed meanwhile.
        var isOutdated = false
        /// Of the newest beacon that it brought, and when that came or the Manager became ours.
        var round: UInt64 = 0
        var heardAt: Instant
    }

    private let parameters: RegistrationParameters
    private(set) var entries: [PeerID: Entry] = [:]
    private(set) var sequence: UInt64 = 0
    /// Set by leaving: nobody is registered with any more.
    private(set) var isStopped = false

    init(parameters: RegistrationParameters) { self.parameters = parameters }

    /// In a fixed order.
    var managers: [PeerID] { entries.keys.sorted() }
    var registeredCount: Int { entries.values.count { $0.isRegistered } }
    func isManager(_ peer: PeerID) -> Bool { entries[peer] != nil }

    var nextDeadline: Instant? {
        isStopped ? nil : entries.values.reduce(nil) { earliest($0, min($1.nextAt ?? .distantFuture, $1.heardAt + parameters.silenceMax)) }
    }

    mutating func set(_ managers: [KnownPeer], now: Instant) {
        let kept = managers.prefix(parameters.managersMax)
        let named = Set(kept.map(\.peer))
        for peer in entries.keys where !named.contains(peer) { entries[peer] = nil }
        for known in kept {
            if entries[known.peer] == nil {
                entries[known.peer] = Entry(addresses: known.addresses, nextAt: now, heardAt: now)
            } else {
                entries[known.peer]?.addresses = known.addresses
            }
        }
    }

    mutating func connected(_ peer: PeerID, now: Instant) {
        guard let entry = entries[peer], entry.request == nil, !entry.isRegistered else { return }
        entries[peer]?.nextAt = now
    }

    mutating func gone(_ peer: PeerID, now: Instant) {
        guard entries[peer] != nil else { return }
        entries[peer]?.isRegistered = false
        if entries[peer]?.request == nil { entries[peer]?.nextAt = now + parameters.pauseMin }
    }

    /// Something that registering says has changed.
    mutating func refresh(now: Instant) {
        for peer in managers {
            if entries[peer]?.request == nil { entries[peer]?.nextAt = now } else { entries[peer]?.isOutdated = true }
        }
    }

    mutating func stop() { isStopped = true }

    /// Registers with everybody again.
    mutating func restart(now: Instant) {
        isStopped = false
        for peer in managers { entries[peer] = Entry(addresses: entries[peer]?.addresses ?? [], nextAt: now, heardAt: now) }
    }

    /// A Manager has brought the beacon of a round.
    mutating func heard(_ peer: PeerID, round: UInt64, now: Instant) {
        guard let entry = entries[peer], round > entry.round else { return }
        entries[peer]?.round = round
        entries[peer]?.heardAt = now
    }

    /// Managers that have brought nothing new for too long; each is named once in that time.
    mutating func silent(now: Instant) -> [PeerID] {
        guard !isStopped else { return [] }
        let silent = managers.filter { entries[$0].map { now - $0.heardAt >= parameters.silenceMax } ?? false }
        for peer in silent { entries[peer]?.heardAt = now }
        return silent
    }

    /// Managers to register with now; the caller sends and tells `sent`.
    mutating func due(now: Instant) -> [PeerID] {
        guard !isStopped else { return [] }
        return managers.filter { peer in entries[peer]?.nextAt.map { $0 <= now } ?? false }
    }

    mutating func sent(_ id: RequestID, to peer: PeerID) -> (sequence: UInt64, wait: Duration) {
        sequence += 1
        entries[peer]?.request = id
        entries[peer]?.nextAt = nil
        entries[peer]?.isOutdated = false
        return (sequence, parameters.wait)
    }

    /// The Manager that this request was for; nil where it was no registration.
    func manager(of id: RequestID) -> PeerID? { managers.first { entries[$0]?.request == id } }

    /// True where it is new that this Manager has us.
    mutating func succeeded(_ peer: PeerID, now: Instant) -> Bool {
        guard let entry = entries[peer] else { return false }
        entries[peer]?.request = nil
        entries[peer]?.failures = 0
        entries[peer]?.isRegistered = true
        entries[peer]?.nextAt = entry.isOutdated ? now : now + parameters.refresh
        return !entry.isRegistered
    }

    mutating func failed(_ peer: PeerID, now: Instant) {
        guard let entry = entries[peer] else { return }
        let pause = min(parameters.pauseMax, parameters.pauseMin * (1 << min(entry.failures, 6)))
        entries[peer]?.request = nil
        entries[peer]?.isRegistered = false
        entries[peer]?.failures += 1
        entries[peer]?.nextAt = now + pause
    }
}
