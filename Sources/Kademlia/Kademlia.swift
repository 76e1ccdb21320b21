public import Determinism
public import Identity
public import LibP2P
public import Wire

/// The distributed hash table (libp2p/specs, kad-dht), as a pure state machine.
///
/// In client mode it asks and is never asked; in server mode it also answers, and keeps what others put at it. A peer enters the
/// table only when identify says that it serves the protocol and it has answered a question of ours. Answers are matched by request: one that comes late, twice or from
/// nowhere changes nothing.
///
/// Calling contract: that of `StateMachine`. Messages are whole, without a length prefix.
public struct Kademlia: StateMachine, Sendable {
    public enum Mode: UInt8, Sendable {
        case client
        case server
    }

    public enum Input: Sendable {
        case start(QueryID, Query)
        /// Ends a query without a result.
        case cancel(QueryID)
        case mode(Mode)
        /// Where others reach us: what `provide` announces.
        case localAddresses([Multiaddr])
        /// Told by identify, whenever it is known anew.
        case identified(PeerID, servesKademlia: Bool, addresses: [Multiaddr])
        case disconnected(PeerID)
        /// Peers of an earlier run, which are asked as those are that identify has told of; before there is anybody else.
        case remembered([Contact])
        /// What an earlier run of this server held for others.
        case held(HeldRecords)
        case request(from: PeerID, InboundID, [UInt8])
        case response(RequestID, [UInt8])
        case requestFailed(RequestID)
    }

    public enum Effect: Sendable {
        /// Ends in `response` or `requestFailed`. Answers to some are not waited for: they are dropped.
        case request(RequestID, to: PeerID, at: [Multiaddr], [UInt8], timeout: Duration)
        case respond(InboundID, [UInt8])
        case refuse(InboundID)
        case progress(QueryID, QueryProgress)
        case finished(QueryID, QueryResult)
        /// The peer sent what no working peer sends.
        case penalise(PeerID, Misbehaviour)
    }

    public enum Misbehaviour: UInt8, Hashable, Sendable {
        case malformedRequest
        case malformedResponse
        /// A record that its namespace refuses, or under another key.
        case invalidRecord
    }

    public let localID: PeerID
    public let parameters: Parameters
    public internal(set) var mode: Mode
    public internal(set) var table: RoutingTable
    let validator: RecordValidator
    var generator: Generator
    var localAddresses = AddressList.empty
    var queries: [ActiveQuery] = []
    var open: [OpenRequest] = []
    var unchecked: [UncheckedPeer] = []
    var providers: ProviderStore
    var records: RecordStore
    var queryCounter: UInt32 = 0
    /// Top byte: the parent's namespace. The rest counts up.
    var requestCounter: UInt64
    var refreshAt: Instant?
    var sweepAt: Instant?
    public internal(set) var nextDeadline: Instant?

    /// - Parameters:
    ///   - requestNamespace: top byte of every `RequestID` that this machine gives.
    ///   - generator: a fork of the node's own; decides random keys and the spread of upkeep.
    public init(
        localID: PeerID, mode: Mode, parameters: Parameters = Parameters(), validator: RecordValidator = RecordValidator(),
        requestNamespace: UInt8, generator: Generator
    ) {
        precondition(parameters.isValid)
        self.localID = localID
        self.mode = mode
        self.parameters = parameters
        self.validator = validator
        self.generator = generator
        let key = localID.dhtKey
        table = RoutingTable(localKey: key, parameters: parameters)
        providers = ProviderStore(localKey: key, rowsMax: parameters.providedKeysMax, providersMax: parameters.providersPerKeyMax)
        records = RecordStore(localKey: key, rowsMax: parameters.recordsMax)
        requestCounter = UInt64(requestNamespace) << 56
    }

    public mutating func handle(_ input: Input, now: Instant, emit: inout [Effect]) {
        switch input {
        case .start(let id, let query): start(query, for: .parent(id), now: now, emit: &emit)
        case .cancel(let id):
            if let index = queries.firstIndex(where: { $0.owner == .parent(id) }) { drop(queryAt: index) }
        case .mode(let mode): self.mode = mode
        case .localAddresses(let addresses): localAddresses = AddressList(addresses)
        case .identified(let peer, let serves, let addresses):
            identified(Contact(id: peer, addresses: AddressList(addresses)), serves: serves, now: now, emit: &emit)
        case .remembered(let contacts):
            for contact in contacts where contact.id != localID && !contact.addresses.isEmpty {
                _ = isToBeChecked(contact, now: now)
            }
        case .held(let records): restore(records, now: now)
        case .disconnected(let peer):
            table.markDisconnected(peer)
            forgetUnchecked(peer)
        case .request(let peer, let id, let bytes): answer(peer, id, bytes, now: now, emit: &emit)
        case .response(let id, let bytes): receive(id, bytes, now: now, emit: &emit)
        case .requestFailed(let id): fail(id, now: now, emit: &emit)
        }
        rearm()
    }

    public mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        if let refreshAt, refreshAt <= now {
            self.refreshAt = nil
            if table.count > 0 { start(.bootstrap, for: .upkeep, now: now, emit: &emit) }
            scheduleRefresh(now: now)
        }
        if let sweepAt, sweepAt <= now {
            providers.sweep(now: now)
            records.sweep(now: now)
            self.sweepAt = providers.isEmpty && records.isEmpty ? nil : now + parameters.sweepInterval
        }
        checkPeers(now: now, emit: &emit)
        var index = 0
        while index < queries.count {
            if queries[index].deadline <= now {
                finish(queryAt: index, now: now, emit: &emit)
            } else if queries[index].wakeUp <= now {
                let number = queries[index].number
                advance(number, now: now, emit: &emit)
                if index < queries.count, queries[index].number == number { index += 1 }
            } else {
                index += 1
            }
        }
        rearm()
    }

    /// Between nine and eleven tenths of the interval, so that nodes started together drift apart.
    mutating func scheduleRefresh(now: Instant) {
        guard let interval = parameters.refreshInterval else { return }
        refreshAt = now + interval * (0.9 + 0.2 * generator.unit())
    }

    private mutating func rearm() {
        var deadline = earliest(refreshAt, sweepAt)
        for index in unchecked.indices { deadline = earliest(deadline, unchecked[index].due) }
        for index in queries.indices { deadline = earliest(deadline, min(queries[index].deadline, queries[index].wakeUp)) }
        nextDeadline = deadline
    }
}
