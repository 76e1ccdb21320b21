public import Determinism
public import Identity
import Kademlia
public import Wire

/// Keeps a node attached to its network: bootstrap peers first, then Managers found as providers of a well-known key in the DHT.
///
/// A leaf wants a few Managers, a Manager wants them all; a bootstrap peer wants nobody but other bootstrap peers. Everything is
/// retried for ever with doubling waits: a network that was down must find together again without anybody's help.
public struct Discovery: Sendable {
    public struct Parameters: Equatable, Sendable {
        /// First wait after a failed dial or an empty search; doubles with each failure.
        public var retryMin: Duration = .seconds(1)
        /// Longest wait between tries. Trade-off: time to heal against traffic in a dead network.
        public var retryMax: Duration = .seconds(60)
        /// Managers a leaf keeps connections to (`docs/node.md`, Discovery).
        public var managersWanted = 3
        /// Managers a leaf dials for each that it lacks; of those that answer it keeps the first, which are the near ones. Default 2.
        public var dialsPerPlace = 2
        /// How long the Manager that was drawn has its place before another is drawn: an epoch. Default 72 h.
        public var drawInterval: Duration = .seconds(72 * 3_600)
        /// How often a satisfied node looks for further Managers, and a Manager announces itself.
        public var refreshInterval: Duration = .seconds(120)
        /// Managers remembered with their addresses.
        public var candidatesMax = 64

        public init() {}
    }

    /// What the place in the network asks for.
    public enum Place: Equatable, Sendable {
        case bootstrap
        case manager
        case leaf
    }

    public enum Effect: Equatable, Sendable {
        case dial(PeerID, [Multiaddr])
        /// Fill the routing table: look up our own key.
        case refreshTable
        case findManagers
        case announceManager
        /// The drawn Manager's time is over: it is to be given up, or asked for again in a while where it is in use.
        case redraw(PeerID)
        /// The set of connected Managers changed.
        case managersChanged
    }

    struct Candidate: Sendable {
        let id: PeerID
        var isConnected = false
        var isDialling = false
        /// Connected, and to stay so.
        var isKept = false
        var addresses: AddressList
        var nextAttempt: Instant
        var wait: Duration

        init(_ id: PeerID, _ addresses: [Multiaddr], nextAttempt: Instant, wait: Duration) {
            self.id = id
            self.addresses = AddressList(addresses)
            self.nextAttempt = nextAttempt
            self.wait = wait
        }

        var ipGroup: UInt32? { addresses.ipGroup(exemptPrivate: true) }
    }

    let place: Place
    let parameters: Parameters
    let own: PeerID
    private(set) var bootstrap: [Candidate]
    private(set) var managers: [Candidate] = []
    private var managerMarks = PeerMarks()
    /// The Manager that a leaf keeps however slow it is, so that nobody who answers fast has all of its places.
    private var drawn: PeerID?
    private var redrawAt: Instant = .distantFuture
    private var nextSearch: Instant
    private var searchWait: Duration
    private var nextAnnouncement: Instant
    private var hasRefreshed = false
    private var isStarted = false
    /// Nobody is looked for or kept.
    public private(set) var isParked = false
    /// Read after every input of the node, changed by few.
    public private(set) var nextDeadline: Instant?

    public init(place: Place, own: PeerID, bootstrap: [(PeerID, [Multiaddr])], parameters: Parameters) {
        self.place = place
        self.own = own
        self.parameters = parameters
        self.bootstrap = bootstrap.filter { $0.0 != own }.map {
            Candidate($0.0, $0.1, nextAttempt: .origin, wait: parameters.retryMin)
        }
        nextSearch = .distantFuture
        nextAnnouncement = .distantFuture
        searchWait = parameters.retryMin
    }

    /// Managers that we are connected to and mean to stay connected to, in the order in which they were found.
    public var connectedManagers: [PeerID] { managers.filter(\.isKept).map(\.id) }

    /// Whether a connection to this peer must not be closed for being idle.
    public func keeps(_ peer: PeerID) -> Bool {
        if let index = managerIndex(of: peer), managers[index].isKept { return true }
        return bootstrapIndex(of: peer) != nil && wantsBootstrap
    }

    private func managerIndex(of peer: PeerID) -> Int? { managerMarks.firstIndex(of: peer) { managers[$0].id == peer } }

    private func bootstrapIndex(of peer: PeerID) -> Int? { bootstrap.indices.first { bootstrap[$0].id == peer } }

    private var wantsManagers: Bool {
        if isParked { return false }
        return switch place {
        case .bootstrap: false
        case .manager: true
        case .leaf: managersInSight < managersKept + (parameters.managersWanted - managersKept) * parameters.dialsPerPlace
        }
    }

    private var managersKept: Int { managers.count { $0.isKept } }

    /// Bootstrap peers serve everybody: who knows enough Managers leaves them alone.
    private var wantsBootstrap: Bool { !isParked && (place == .bootstrap || managersInSight < parameters.managersWanted) }

    private var managersInSight: Int { managers.count { $0.isKept || $0.isDialling } }

    /// Chooses among the connected Managers whom to keep, those kept already first: what a role has begun with one goes on.
    private mutating func keepManagers(now: Instant, emit: inout [Effect]) {
        guard !isParked else { return }
        var room = place == .manager ? parameters.candidatesMax : place == .leaf ? parameters.managersWanted : 0
        room -= managersKept
        var hasChanged = false
        // One place waits for the drawn one's answer.
        let awaited = managers.first { $0.id == drawn && $0.isDialling }?.id
        for index in managers.indices where managers[index].isConnected && !managers[index].isKept {
            guard room > (awaited == nil ? 0 : 1) else { break }
            managers[index].isKept = true
            draw(managers[index].id, now: now)
            room -= 1
            hasChanged = true
        }
        if hasChanged { emit.append(.managersChanged) }
    }

    private mutating func rearm() {
        guard isStarted, !isParked else {
            nextDeadline = nil
            return
        }
        var deadline = min(nextSearch, nextAnnouncement, redrawAt)
        if wantsBootstrap {
            for candidate in bootstrap where !candidate.isConnected && !candidate.isDialling {
                deadline = min(deadline, candidate.nextAttempt)
            }
        }
        if wantsManagers {
            for candidate in managers where !candidate.isConnected && !candidate.isDialling && !candidate.addresses.isEmpty {
                deadline = min(deadline, candidate.nextAttempt)
            }
        }
        nextDeadline = deadline == .distantFuture ? nil : deadline
    }

    // MARK: Inputs

    public mutating func start(now: Instant, emit: inout [Effect]) {
        isStarted = true
        handleDeadline(now: now, emit: &emit)
    }

    /// A peer is connected; `servesDHT` once identify has said so. Most that come and go are nobody's of ours, and change nothing.
    public mutating func connected(_ peer: PeerID, servesDHT: Bool, now: Instant, emit: inout [Effect]) {
        let (bootstrapIndex, managerIndex) = (bootstrapIndex(of: peer), managerIndex(of: peer))
        let isFirstServer = servesDHT && !hasRefreshed && !isParked
        guard bootstrapIndex != nil || managerIndex != nil || isFirstServer else { return }
        defer { rearm() }
        if let index = bootstrapIndex {
            bootstrap[index].isConnected = true
            bootstrap[index].isDialling = false
            bootstrap[index].wait = parameters.retryMin
        }
        if let index = managerIndex {
            managers[index].isConnected = true
            managers[index].isDialling = false
            managers[index].wait = parameters.retryMin
            keepManagers(now: now, emit: &emit)
        }
        if isFirstServer {
            hasRefreshed = true
            emit.append(.refreshTable)
            if place != .bootstrap { nextSearch = now }
            if place == .manager { nextAnnouncement = now }
            handleDeadline(now: now, emit: &emit)
        }
    }

    public mutating func disconnected(_ peer: PeerID, now: Instant, emit: inout [Effect]) {
        let (bootstrapIndex, managerIndex) = (bootstrapIndex(of: peer), managerIndex(of: peer))
        guard bootstrapIndex != nil || managerIndex != nil else { return }
        defer { rearm() }
        if let index = bootstrapIndex { bootstrap[index].postpone(from: now, parameters) }
        if let index = managerIndex {
            let wasKept = managers[index].isKept
            managers[index].postpone(from: now, parameters)
            if wasKept {
                emit.append(.managersChanged)
                keepManagers(now: now, emit: &emit)
                nextSearch = min(nextSearch, now + parameters.retryMin)
            }
        }
    }

    /// A Manager that is connected is of no use: others are taken before it.
    public mutating func giveUp(_ peer: PeerID, now: Instant, emit: inout [Effect]) {
        guard let index = managerIndex(of: peer), managers[index].isKept else { return }
        append(remove(at: index))
        disconnected(peer, now: now, emit: &emit)
        handleDeadline(now: now, emit: &emit)
    }

    public mutating func dialFailed(_ peer: PeerID, now: Instant) {
        defer { rearm() }
        if let index = bootstrapIndex(of: peer) { bootstrap[index].postpone(from: now, parameters) }
        if let index = managerIndex(of: peer) { managers[index].postpone(from: now, parameters) }
    }

    /// A search is over; `connected` tells for each found Manager whether it is connected already.
    public mutating func managersFound(
        _ found: [(PeerID, [Multiaddr])], isConnected: (PeerID) -> Bool, now: Instant, emit: inout [Effect]
    ) {
        remember(found, isNewer: true, isConnected, now: now, emit: &emit)
        if found.contains(where: { $0.0 != own }) && !wantsMore {
            searchWait = parameters.retryMin
            nextSearch = now + parameters.refreshInterval
        } else {
            nextSearch = now + searchWait
            searchWait = min(searchWait * 2, managersInSight == 0 ? parameters.retryMax : parameters.refreshInterval)
        }
        handleDeadline(now: now, emit: &emit)
    }

    /// The registry tells of Managers. Those that were found before are not given up for them.
    mutating func learned(
        _ found: [(PeerID, [Multiaddr])], isConnected: (PeerID) -> Bool, now: Instant, emit: inout [Effect]
    ) {
        remember(found, isNewer: false, isConnected, now: now, emit: &emit)
        handleDeadline(now: now, emit: &emit)
    }

    /// Managers with their addresses, those first that we are connected to.
    func acquaintances(countMax: Int) -> [Contact] {
        let known = managers.filter { !$0.addresses.isEmpty }
        let ordered = known.filter(\.isConnected) + known.filter { !$0.isConnected }
        return ordered.prefix(countMax).map { Contact(id: $0.id, addresses: $0.addresses) }
    }

    /// A Manager that takes any that it hears of, until its next search draws some of all.
    var knowsFewManagers: Bool { place == .manager && !isParked && managers.count < Discovery.fewManagers }
    static let fewManagers = 8

    /// A leaf that could use the addresses of more Managers.
    var wantsCandidates: Bool { place == .leaf && !isParked && managers.count < parameters.candidatesMax / 2 }

    /// - Parameter isNewer: they take the places of those that are not connected.
    private mutating func remember(
        _ found: [(PeerID, [Multiaddr])], isNewer: Bool, _ isConnected: (PeerID) -> Bool, now: Instant, emit: inout [Effect]
    ) {
        for (id, addresses) in found where id != own {
            remember(id, addresses, isNewer: isNewer, now: now)
            if isConnected(id) { connected(id, servesDHT: false, now: now, emit: &emit) }
        }
    }

    private mutating func remember(_ id: PeerID, _ addresses: [Multiaddr], isNewer: Bool, now: Instant) {
        if let index = managerIndex(of: id) {
            if !addresses.isEmpty { managers[index].addresses = AddressList(addresses) }
            return
        }
        if managers.count >= parameters.candidatesMax {
            guard isNewer, let oldest = managers.firstIndex(where: { !$0.isConnected && !$0.isDialling }) else { return }
            _ = remove(at: oldest)
        }
        append(Candidate(id, addresses, nextAttempt: now, wait: parameters.retryMin))
    }

    private mutating func append(_ manager: Candidate) {
        managers.append(manager)
        managerMarks.append(manager.id)
    }

    private mutating func remove(at index: Int) -> Candidate {
        managerMarks.remove(at: index)
        return managers.remove(at: index)
    }

    /// What must always hold and does not.
    var violations: [String] {
        var found: [String] = []
        if !managerMarks.belong(to: managers.map(\.id)) { found.append("marks of other Managers") }
        if managers.count > parameters.candidatesMax { found.append("\(managers.count) Managers") }
        var copy = self
        copy.rearm()
        if copy.nextDeadline != nextDeadline { found.append("a deadline that is not that of the state") }
        return found
    }

    /// A leaf goes on looking, less and less eagerly where it has one Manager: the network may have no more.
    private var wantsMore: Bool { place == .leaf && managersInSight < parameters.managersWanted }

    /// Lets everybody go and looks for nobody. What is known of Managers is kept.
    public mutating func park(emit: inout [Effect]) {
        isParked = true
        let hadManagers = managers.contains(where: \.isKept)
        for index in managers.indices { managers[index].isKept = false }
        if hadManagers { emit.append(.managersChanged) }
        rearm()
    }

    /// Goes back to the Managers that are known, and looks for others.
    public mutating func resume(now: Instant, emit: inout [Effect]) {
        guard isParked else { return }
        isParked = false
        for index in bootstrap.indices { bootstrap[index].makeDue(at: now, parameters) }
        for index in managers.indices { managers[index].makeDue(at: now, parameters) }
        searchWait = parameters.retryMin
        nextSearch = now + parameters.retryMin
        keepManagers(now: now, emit: &emit)
        handleDeadline(now: now, emit: &emit)
    }

    public mutating func announced(successfully: Bool, now: Instant) {
        nextAnnouncement = now + (successfully ? parameters.refreshInterval : parameters.retryMin)
        rearm()
    }

    public mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        guard isStarted, !isParked else { return }
        defer { rearm() }
        if wantsBootstrap { for index in bootstrap.indices { bootstrap[index].dialIfDue(now: now, emit: &emit) } }
        if place == .leaf { dialManagers(exceptNeighbours: true, now: now, emit: &emit) }
        dialManagers(exceptNeighbours: false, now: now, emit: &emit)
        keepManagers(now: now, emit: &emit)
        if now >= nextSearch {
            nextSearch = .distantFuture
            emit.append(.findManagers)
        }
        if now >= nextAnnouncement {
            nextAnnouncement = .distantFuture
            emit.append(.announceManager)
        }
        if now >= redrawAt {
            // Where nobody else is known it would be drawn again.
            let hasOthers = managers.contains { !$0.isKept && !$0.addresses.isEmpty }
            let hasIt = managers.contains { $0.id == drawn && $0.isKept }
            redrawAt = now + (hasOthers && hasIt ? parameters.retryMax : parameters.drawInterval)
            if hasOthers, hasIt, let drawn { emit.append(.redraw(drawn)) }
        }
    }

    private mutating func dialManagers(exceptNeighbours: Bool, now: Instant, emit: inout [Effect]) {
        for index in managers.indices where wantsManagers && !(exceptNeighbours && isNeighbour(managers[index])) {
            if managers[index].dialIfDue(now: now, emit: &emit) { draw(managers[index].id, now: now) }
        }
    }

    /// The draw falls on this Manager of a leaf, unless it has fallen on one that is in sight.
    private mutating func draw(_ id: PeerID, now: Instant) {
        guard place == .leaf, !managers.contains(where: { $0.id == drawn && ($0.isKept || $0.isDialling) }) else { return }
        drawn = id
        redrawAt = now + parameters.drawInterval
    }

    /// Whether one of the Managers in sight is of the same place: whoever owns a network of addresses should not have a leaf's three.
    private func isNeighbour(_ candidate: Candidate) -> Bool {
        guard let group = candidate.ipGroup else { return false }
        return managers.contains { ($0.isKept || $0.isDialling) && $0.id != candidate.id && $0.ipGroup == group }
    }
}

extension Discovery.Candidate {
    fileprivate mutating func postpone(from now: Instant, _ parameters: Discovery.Parameters) {
        isConnected = false
        isDialling = false
        isKept = false
        nextAttempt = now + wait
        wait = min(wait * 2, parameters.retryMax)
    }

    /// May be dialled at once, however often that failed.
    fileprivate mutating func makeDue(at now: Instant, _ parameters: Discovery.Parameters) {
        nextAttempt = now
        wait = parameters.retryMin
    }

    /// Whether it was.
    @discardableResult
    fileprivate mutating func dialIfDue(now: Instant, emit: inout [Discovery.Effect]) -> Bool {
        guard !isConnected, !isDialling, now >= nextAttempt, !addresses.isEmpty else { return false }
        isDialling = true
        emit.append(.dial(id, addresses.multiaddrs))
        return true
    }
}
