import Crypto
import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Roles
import Wire

/// What the core of a network knows of its Managers: a line for each, signed by the Manager itself (`docs/node.md`, Registry).
///
/// A Manager hands its line to two peers of the core; who has new ones at first hand publishes them together. Every few minutes a
/// member compares its lines with another's and asks for those that differ, so that nobody depends on having heard the gossip. A line
/// that is not renewed is forgotten, and its number remembered for longer, so that nobody brings it back.
struct ManagerRegistry: StateMachine, Sendable {
    /// Not those of the DHT.
    typealias Record = Identity.Record

    struct Parameters: Equatable, Sendable {
        /// Lines kept; a further Manager is not taken before one is forgotten. Default 4,096: a network of 2,500.
        var linesMax = 4_096
        /// Lines of one IP group (/16 or /32). Default 32: a data centre is one place, and a Sybil's addresses are few places.
        var linesPerGroupMax = 32
        /// How often a Manager makes its line anew. Default 1 h.
        var renewal: Duration = .seconds(3_600)
        /// A line that is older is forgotten. Default 3 h: two renewals may be lost.
        var lifetime: Duration = .seconds(3 * 3_600)
        /// How long its number is remembered after that. Default 24 h.
        var memory: Duration = .seconds(24 * 3_600)
        /// Least time between two lines of one Manager. Default 10 s.
        var changeMin: Duration = .seconds(10)
        /// Lines that came at first hand are published together after so long. Default 2 s.
        var batchPause: Duration = .seconds(2)
        /// Between two comparisons with another's lines. Default 5 min.
        var comparisonInterval: Duration = .seconds(300)
        /// A request that was not answered is made again after so long. Default 30 s.
        var retryPause: Duration = .seconds(30)
        /// Peers that a Manager hands its line to. Default 2: one of them may keep it to itself.
        var announcements = 2
        /// Lines that whoever keeps none is told at a time. Default 16.
        var sampleCount = 16
    }

    enum Input: Sendable {
        /// Where others reach us.
        case addresses([Multiaddr])
        /// A connected peer has said that it serves the registry.
        case met(PeerID)
        case request(InboundID, from: PeerID, RegistryCall)
        /// The answer to a request of ours; nil where there was none.
        case response(UInt64, [UInt8]?)
        /// The Manager is going.
        case withdraw
    }

    enum Effect: Equatable, Sendable {
        /// To a peer, or to any of the core where nil; ends in `response` with the same number.
        case request(UInt64, to: PeerID?, [UInt8])
        case respond(InboundID, [UInt8])
        case publish([UInt8])
        /// There are Managers that were not known before, or others are at other addresses.
        case learned
    }

    struct Candidate: Equatable, Sendable {
        var id: PeerID
        var addresses: [Multiaddr]
    }

    typealias Line = RegistryLines.Line

    private enum Pending: Sendable {
        case announcement
        case comparison(after: Bytes32)
    }

    private enum Outcome {
        case new
        /// Nothing in it that was not known.
        case known
        /// It may be true, but there is no room, or it comes too soon.
        case refused
        case invalid
    }

    let parameters: Parameters
    private let signing: Signing
    private let network: NetworkID
    /// Whether this node has a line of its own.
    private let isManager: Bool
    private let diversity: Kademlia.Parameters.Diversity?
    private var generator: Generator
    private var lines = RegistryLines()
    private var sequence: UInt64
    private var addresses: [Multiaddr] = []
    private var announcementsLeft = 0
    private var announceAt: Instant?
    private var renewAt: Instant?
    private var compareAt: Instant?
    private var sweepAt: Instant?
    /// Managers whose lines are to be published.
    private var outbox: [Bytes32] = []
    private var publishAt: Instant?
    private var pending: [UInt64: Pending] = [:]
    private var lastRequest: UInt64 = 0

    /// - Parameter firstSequenceNumber: above every one that this identity ever used.
    init(
        signing: Signing, network: NetworkID, isManager: Bool, firstSequenceNumber: UInt64, diversity: Kademlia.Parameters.Diversity?,
        parameters: Parameters, generator: Generator
    ) {
        self.signing = signing
        self.network = network
        self.isManager = isManager
        self.diversity = diversity
        self.parameters = parameters
        self.generator = generator
        sequence = firstSequenceNumber
    }

    /// Managers that are there as far as we know, ourselves included.
    var count: Int { lines.thereCount }

    var managers: [Candidate] {
        lines.all.filter(\.isThere).map { Candidate(id: PeerID(ed25519: $0.key), addresses: $0.addresses.multiaddrs) }
    }

    /// Some of those that are there, at random: who took the first would make a few Managers serve all.
    mutating func someManagers(countMax: Int) -> [Candidate] {
        lines.draw(countMax, except: signing.publicKey, using: &generator).map {
            Candidate(id: PeerID(ed25519: $0.key), addresses: $0.addresses.multiaddrs)
        }
    }

    var nextDeadline: Instant? {
        earliest(earliest(announceAt, renewAt), earliest(earliest(compareAt, sweepAt), publishAt))
    }

    mutating func handle(_ input: Input, now: Instant, emit: inout [Effect]) {
        switch input {
        case .addresses(let addresses):
            guard isManager, addresses != self.addresses else { return }
            self.addresses = Array(addresses.prefix(ManagerEntry.addressesMax))
            renew(now: now)
        case .met(let peer):
            guard compareAt == nil else { return }
            // The first that all meet are the bootstrap peers: if everybody had the whole registry of those, they would do nothing else.
            compareAt = now + .milliseconds(Int64.random(in: 10_000...60_000, using: &generator))
            announce(to: peer, now: now, emit: &emit)
        case .request(let id, let peer, let call): emit.append(.respond(id, answer(call, from: peer, now: now, emit: &emit).encoded))
        case .response(let id, let bytes): response(id, bytes, now: now, emit: &emit)
        case .withdraw:
            guard isManager, renewAt != nil else { return }
            addresses = []
            renew(now: now)
            (announceAt, renewAt) = (nil, nil)
            publish(emit: &emit)
        }
    }

    mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        if let at = renewAt, at <= now { renew(now: now) }
        if let at = announceAt, at <= now { announce(to: nil, now: now, emit: &emit) }
        if let at = publishAt, at <= now { publish(emit: &emit) }
        if let at = compareAt, at <= now {
            compareAt = now + parameters.comparisonInterval
            compare(after: .zero, emit: &emit)
        }
        if let at = sweepAt, at <= now { sweep(now: now) }
    }

    // MARK: Our own line

    private mutating func renew(now: Instant) {
        sequence += 1
        let entry = ManagerEntry(sequence: sequence, addresses: addresses)
        let record = entry.signed(by: signing, network: network)
        put(record, entry, now: now)
        renewAt = now + parameters.renewal
        announcementsLeft = parameters.announcements
        if compareAt != nil { announceAt = now }
        if addresses.isEmpty { outbox.append(signing.publicKey) }
    }

    /// The first one is handed to usually publishes it, together with others'; by the next time it is known everywhere.
    private mutating func announce(to peer: PeerID?, now: Instant, emit: inout [Effect]) {
        announceAt = nil
        guard announcementsLeft > 0, let record = lines[signing.publicKey]?.signed else { return }
        announcementsLeft -= 1
        if announcementsLeft > 0 { announceAt = now + parameters.batchPause * 3 }
        emit.append(.request(newRequest(.announcement), to: peer, RegistryCall.announce(record).encoded))
    }

    private mutating func newRequest(_ kind: Pending) -> UInt64 {
        lastRequest += 1
        pending[lastRequest] = kind
        return lastRequest
    }

    // MARK: Others' lines

    private mutating func put(_ record: Record, _ entry: ManagerEntry, now: Instant) {
        put(record, entry, AddressList(entry.addresses), now: now)
    }

    private mutating func put(_ record: Record, _ entry: ManagerEntry, _ addresses: AddressList, now: Instant) {
        let line = Line(
            key: record.author, sequence: entry.sequence, record: record.encoded, addresses: addresses,
            group: diversity.flatMap { addresses.ipGroup(exemptPrivate: $0.exemptPrivate) }, changedAt: now,
            until: now + parameters.lifetime)
        lines.put(line)
        sweepAt = min(sweepAt ?? .distantFuture, line.until)
    }

    /// Signatures are checked last: what is known already costs nothing.
    private mutating func learn(_ record: Record, now: Instant) -> Outcome {
        guard let entry = try? record.decoded(as: ManagerEntry.self) else { return .invalid }
        if record.author == signing.publicKey { return learnOwn(entry, record, now: now) }
        let known = lines.version(of: record.author)
        if let known {
            if entry.sequence <= known.sequence { return .known }
            if now < known.changedAt + parameters.changeMin { return .refused }
        } else if lines.count >= parameters.linesMax {
            return .refused
        }
        let addresses = AddressList(entry.addresses)
        let group = diversity.flatMap { addresses.ipGroup(exemptPrivate: $0.exemptPrivate) }
        if let group, group != known?.group, lines.count(ofGroup: group) >= parameters.linesPerGroupMax { return .refused }
        guard record.verify(with: signing, network: network) else { return .invalid }
        put(record, entry, addresses, now: now)
        return .new
    }

    /// A line of ours that we don't know is of a life that our disk has forgotten: the next one has to be above it.
    private mutating func learnOwn(_ entry: ManagerEntry, _ record: Record, now: Instant) -> Outcome {
        guard isManager, entry.sequence > sequence else { return .known }
        guard record.verify(with: signing, network: network) else { return .invalid }
        sequence = entry.sequence
        renewAt = now
        return .known
    }

    /// Takes lines until one is false; those that were new, and whether all were true.
    /// - Parameter isPartial: more are to come. Whoever drew from these now would draw what everybody draws, the lowest keys.
    private mutating func learn(
        _ records: [Record], isPartial: Bool = false, now: Instant, emit: inout [Effect]
    ) -> (new: [Record], areTrue: Bool) {
        var (new, areTrue): ([Record], Bool) = ([], true)
        for record in records {
            switch learn(record, now: now) {
            case .new: new.append(record)
            case .known, .refused: continue
            case .invalid: areTrue = false
            }
            if !areTrue { break }
        }
        if !new.isEmpty, !isPartial { emit.append(.learned) }
        return (new, areTrue)
    }

    /// A batch from the topic.
    mutating func gossip(_ data: ArraySlice<UInt8>, now: Instant, emit: inout [Effect]) -> GossipSub.Verdict {
        guard let batch = try? Frame(encoded: Array(data)), batch.kind == ManagerRegistry.batchKind, !batch.records.isEmpty else {
            return .reject
        }
        let (new, areTrue) = learn(batch.records, now: now, emit: &emit)
        if !areTrue { return .reject }
        return new.isEmpty ? .ignore : .accept
    }

    private static let batchKind: UInt32 = 1

    private mutating func publish(emit: inout [Effect]) {
        let records = outbox.prefix(Frame.recordsMax).compactMap { lines[$0]?.signed }
        outbox.removeFirst(min(outbox.count, Frame.recordsMax))
        publishAt = outbox.isEmpty ? nil : publishAt
        if !records.isEmpty { emit.append(.publish(Frame(kind: ManagerRegistry.batchKind, records: records).encoded)) }
    }

    private mutating func sweep(now: Instant) {
        sweepAt = lines.sweep(now: now, memory: parameters.memory)
    }

    // MARK: Comparing

    mutating func summary(after: Bytes32) -> RegistrySummary {
        var writer = ByteWriter(reserving: RegistrySummary.bucketCount * RegistrySummary.digestSize)
        for bucket in 0..<RegistrySummary.bucketCount { writer.writeBigEndian(lines.digest(of: bucket)) }
        return RegistrySummary(digests: writer.bytes, after: after)
    }

    /// With any of the core.
    private mutating func compare(after: Bytes32, emit: inout [Effect]) {
        emit.append(.request(newRequest(.comparison(after: after)), to: nil, RegistryCall.reconcile(summary(after: after)).encoded))
    }

    private mutating func answer(_ call: RegistryCall, from peer: PeerID, now: Instant, emit: inout [Effect]) -> RecordReply {
        switch call {
        case .announce(let record):
            guard peer.ed25519Key == record.author else { return .refused(.notYours) }
            switch learn([record], now: now, emit: &emit) {
            case (_, false): return .refused(.notSigned)
            case (let new, true) where new.isEmpty:
                return lines[record.author]?.record == record.encoded ? .acknowledged : .refused(.tooMany)
            default:
                outbox.append(record.author)
                publishAt = publishAt ?? now + parameters.batchPause
                return .acknowledged
            }
        case .reconcile(let theirs): return .records(theirs.digests.isEmpty ? sample() : missing(theirs))
        case .register, .leave: return .refused(.unsupported)
        }
    }

    /// Some Managers that are there, at random.
    private mutating func sample() -> [Record] {
        lines.draw(parameters.sampleCount, using: &generator).compactMap(\.signed)
    }

    /// Lines of the buckets that differ, by ascending keys; the asker goes on behind the last.
    private mutating func missing(_ theirs: RegistrySummary) -> [Record] {
        var found: [Record] = []
        for bucket in RegistryLines.bucket(of: theirs.after)..<RegistrySummary.bucketCount where !lines.inBucket(bucket).isEmpty {
            let theirDigest = theirs.digest(of: bucket).reduce(0) { $0 << 8 | UInt64($1) }
            guard lines.digest(of: bucket) != theirDigest else { continue }
            for line in lines.inBucket(bucket) where line.key > theirs.after {
                if let record = line.signed { found.append(record) }
                if found.count == Frame.recordsMax { return found }
            }
        }
        return found
    }

    private mutating func response(_ id: UInt64, _ bytes: [UInt8]?, now: Instant, emit: inout [Effect]) {
        let reply = bytes.flatMap { try? RecordReply(encoded: $0) }
        switch pending.removeValue(forKey: id) {
        case .announcement?:
            if case .acknowledged? = reply { return }
            announcementsLeft += 1
            announceAt = max(announceAt ?? .origin, now + parameters.retryPause)
        case .comparison(let after)?:
            guard case .records(let records)? = reply else {
                compareAt = min(compareAt ?? .distantFuture, now + parameters.retryPause)
                return
            }
            let last = records.last?.author
            let goesOn = records.count == Frame.recordsMax && last.map { $0 > after } ?? false
            guard learn(records, isPartial: goesOn || after != .zero, now: now, emit: &emit).areTrue else { return }
            if goesOn, let last { return compare(after: last, emit: &emit) }
            if after != .zero { emit.append(.learned) }
        case nil: break
        }
    }
}

extension ManagerRegistry {
    /// What must always hold and does not.
    var violations: [String] {
        var found = lines.violations
        // Our own is always taken.
        if lines.count > parameters.linesMax + 1 { found.append("\(lines.count) lines") }
        for line in lines.all where !(sweepAt.map { $0 <= line.until } ?? false) { found.append("a line that is never forgotten") }
        let groups = Dictionary(grouping: lines.all.compactMap { $0.group }) { $0 }
        if groups.values.contains(where: { $0.count > parameters.linesPerGroupMax + 1 }) { found.append("lines of one place") }
        return found
    }
}
