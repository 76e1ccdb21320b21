import Crypto
import Determinism
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Wire

@testable import Roles

/// A network of roles in simulated time: one Manager, Workers, Verifiers and a client, links with delay, loss, duplicates and
/// disorder, disks that survive crashes, and a fake engine. One seed gives one run.
final class RoleHarness {
    struct Options {
        var seed: UInt64 = 1
        var workers = 3
        var verifiers = 3
        /// One way, in milliseconds; drawn between.
        var delay: ClosedRange<UInt64> = 5...40
        var loss = 0.0
        var duplicates = 0.0
        /// Per tile, in milliseconds; the n-th Worker takes this times (1 + n / 4).
        var renderTime: UInt64 = 800
        /// To hash the records of a tile, in milliseconds.
        var provingTime: UInt64 = 5
        var conducts: [Int: WorkerConduct] = [:]
        var verifierConducts: [Int: VerifierConduct] = [:]
        /// Verifiers that can load no scene.
        var witnesses: Set<Int> = []
        /// A keyed hash instead of signatures, for long runs.
        var simulatesSignatures = false
        var manager: (inout ManagerParameters) -> Void = { _ in }
        /// Numbers of the network.
        var marks = MarkParameters()
    }

    enum Event {
        case input(party: Int, life: Int, RoleInput)
        case timeout(request: Int)
        case act((RoleHarness) -> Void)
    }

    struct Request {
        var from: Int
        var life: Int
        var id: RequestID
        var isOpen = true
    }

    static let network = NetworkID(Hash.blake2b(Array("roles-tests".utf8)))
    static let profile = Hash.blake2b(Array("profile".utf8))

    let options: Options
    var generator: Generator
    var now = Instant(nanoseconds: 1_000_000_000)
    var parties: [Party] = []
    var queue = EventQueue<Event>()
    var requests: [Request] = []
    var cancelled: Set<UInt64> = []
    var trace = Hash.blake2b([UInt8]())
    var steps = 0
    var events: [(party: Int, RoleEvent)] = []
    var answers: [QueryID: RoleAnswer] = [:]
    var tiles: [RecordID: [UInt32: [Tile: [UInt8]]]] = [:]
    var penalised: [(PeerID, Misbehaviour)] = []
    var invariants = Invariants()
    /// Marked copies by root, with the scene that each is one of.
    var copies: [CID: (original: CID, copy: MarkedCopy)] = [:]
    /// Whether engines find room for marks.
    var isMarking = true
    /// Whether the Manager's copies are of the client's scene.
    var areCopiesTrue = true
    /// Milliseconds that the Manager's engine takes for its own recomputations.
    var managerTime: UInt64 = 100
    /// The same of everybody else's engine.
    var recomputeTime: UInt64 = 100
    private var queries: UInt64 = 0
    /// Asked before every delivery; false drops it.
    var filter: (RoleHarness, _ from: Int, _ to: Int, ProtocolName, [UInt8]) -> Bool = { _, _, _, _, _ in true }

    /// Sees every effect before it is carried out.
    var onEffect: (Int, RoleEffect) -> Void = { _, _ in }

    /// Sees every answer that a party gets.
    var onResponse: (Int, [UInt8]) -> Void = { _, _ in }

    var manager: Int { 0 }
    var workers: [Int] { Array(1..<1 + options.workers) }
    var verifiers: [Int] { Array(1 + options.workers..<1 + options.workers + options.verifiers) }
    var client: Int { parties.count - 1 }

    init(_ options: Options = Options()) {
        self.options = options
        generator = Generator(seed: options.seed).fork("harness")
        var parameters = ManagerParameters(profile: RoleHarness.profile)
        parameters.planner.tilePixelsMin = 256
        parameters.planner.tileSamplesMin = 1
        parameters.planner.tilesMin = 4
        (parameters.rayChallenges, parameters.areaChallenges) = (12, 12)
        parameters.marks = options.marks
        options.manager(&parameters)
        let capabilities = Capabilities(profile: RoleHarness.profile)
        var verifier = VerifierRole.Parameters(capabilities: capabilities)
        verifier.marks = options.marks
        add("manager") { AnyRole(ManagerRole(keys: $0, parameters: parameters, ids: RoleIDs(space: 1))) }
        for index in 0..<options.workers {
            let conduct = options.conducts[index] ?? .honest
            add("worker \(index)") {
                AnyRole(WorkerRole(keys: $0, parameters: .init(capabilities: capabilities), ids: RoleIDs(space: 2), conduct: conduct))
            }
        }
        for index in 0..<options.verifiers {
            let conduct = options.verifierConducts[index] ?? .honest
            var verifier = verifier
            if options.witnesses.contains(index) { verifier.capabilities.sceneBytesMax = 100 }
            add("verifier \(index)") {
                AnyRole(VerifierRole(keys: $0, parameters: verifier, ids: RoleIDs(space: 3), conduct: conduct))
            }
        }
        add("client") { AnyRole(ClientRole(keys: $0, ids: RoleIDs(space: 4))) }
        for index in parties.indices { start(index) }
    }

    private func add(_ name: String, _ make: @escaping (RoleKeys) -> AnyRole) {
        let seed = Hash.blake2b(Array("\(options.seed) \(name)".utf8))
        let signing =
            options.simulatesSignatures
            ? Signing.simulated(identity: seed, secret: RoleHarness.profile) : .ed25519(KeyPair(seed: seed))
        let keys = RoleKeys(signing: signing, network: RoleHarness.network)
        parties.append(Party(name: name, keys: keys) { make(keys) })
    }

    private func start(_ index: Int) {
        let party = parties[index]
        let entropy = Hash.blake2b(party.keys.key.array + [UInt8(truncatingIfNeeded: party.life)])
        let rows = party.rows(prefix: [], from: [], countMax: .max).filter { $0.key.first != StoredEntry.archivePrefix }
        push(.input(party: index, life: party.life, .started(entropy: entropy, restored: rows)), after: 0)
        guard index != manager else { return }
        push(.input(party: index, life: party.life, .managers([KnownPeer(peer: parties[manager].peer, addresses: [])])), after: 1)
    }

    func push(_ event: Event, after milliseconds: UInt64) {
        queue.push(event, at: now + .milliseconds(Int64(milliseconds)))
    }

    func query() -> QueryID {
        queries += 1
        return QueryID(queries)
    }

    func index(of peer: PeerID) -> Int? { parties.firstIndex { $0.peer == peer } }

    // Time.

    /// Runs until the condition holds or the simulated time is over; true where it holds.
    @discardableResult
    func run(seconds: Double, until isDone: (RoleHarness) -> Bool = { _ in false }) -> Bool {
        let end = now + .milliseconds(Int64(seconds * 1_000))
        while !isDone(self) {
            let deadline = parties.indices.filter { parties[$0].isUp }.compactMap { index in
                parties[index].role.nextDeadline.map { (at: max($0, now), index: index) }
            }.min { $0.at < $1.at }
            let next = earliest(queue.next, deadline?.at)
            guard let next, next <= end else {
                now = end
                return isDone(self)
            }
            now = next
            steps += 1
            var emit: [RoleEffect] = []
            if let at = queue.next, at <= deadline?.at ?? .distantFuture, let event = queue.pop() {
                take(event, &emit)
            } else if let index = deadline?.index {
                parties[index].role.handleDeadline(now: now, emit: &emit)
                carryOut(emit, of: index)
            }
        }
        return true
    }

    private func take(_ event: Event, _ emit: inout [RoleEffect]) {
        switch event {
        case .act(let act): act(self)
        case .timeout(let request):
            guard requests[request].isOpen else { return }
            requests[request].isOpen = false
            push(
                .input(party: requests[request].from, life: requests[request].life, .requestFailed(requests[request].id, .timedOut)),
                after: 0)
        case .input(let index, let life, let input):
            guard parties[index].isUp, parties[index].life == life else { return }
            record(index, input)
            if case .response(_, let bytes) = input { onResponse(index, bytes) }
            parties[index].role.handle(input, now: now, emit: &emit)
            carryOut(emit, of: index)
        }
    }

    // Faults.

    func crash(_ index: Int, keepsBlocks: Bool = false) {
        parties[index].isUp = false
        parties[index].life += 1
        if !keepsBlocks {
            parties[index].blocks = [:]
            parties[index].scopes = [:]
        }
        for other in parties.indices where other != index {
            push(.input(party: other, life: parties[other].life, .peerGone(parties[index].peer)), after: 30)
        }
    }

    func restart(_ index: Int) {
        parties[index].isUp = true
        parties[index].role = parties[index].make()
        start(index)
        for other in parties.indices where other != index {
            push(.input(party: other, life: parties[other].life, .peerConnected(parties[index].peer)), after: 30)
        }
    }

    // Jobs.

    func order(width: UInt32 = 48, height: UInt32 = 32, frames: UInt32 = 1, salt: UInt8 = 0) -> JobOrder {
        let leaves: [[UInt8]] = (0..<3).map { [UInt8](repeating: $0 &+ 10 &* salt, count: 100) }
        let manifest = leaves.flatMap { Hash.cid(of: $0).bytes }
        for block in leaves + [manifest] { parties[client].store(Hash.cid(of: block), block, scope: .zero) }
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (width, height, 32)
        return JobOrder(
            sceneRoot: Hash.cid(of: manifest), sceneBytes: 300 + UInt64(manifest.count), frames: [FrameRange(first: 1, last: frames)],
            settings: settings)
    }

    @discardableResult
    func command(_ index: Int, _ command: RoleCommand) -> QueryID {
        let id = query()
        push(.input(party: index, life: parties[index].life, .command(id, command)), after: 0)
        return id
    }

    /// Submits and waits for the receipt.
    func submit(_ order: JobOrder, seconds: Double = 60) -> RecordID? {
        let id = command(client, .submit(order))
        run(seconds: seconds) { $0.answers[id] != nil }
        if case .submitted(let job)? = answers[id] { return job }
        return nil
    }

    /// Waits until the client has all tiles; the last answer.
    func fetch(_ job: RecordID, seconds: Double) -> RoleAnswer? {
        let id = command(client, .fetch(job: job))
        run(seconds: seconds) { $0.answers[id] != nil }
        return answers[id]
    }

    /// The picture that was delivered is, bit for bit, what the accepted offers' keys render.
    func isPictureRight(_ job: RecordID, frame: UInt32, settings: RenderSettings) -> Bool {
        var assembly = FrameAssembly(settings: settings)
        for (tile, bytes) in tiles[job]?[frame] ?? [:] {
            guard assembly.insert(tile, bytes), let offer = invariants.acceptedOffer(job: job, frame: frame, tile: tile) else {
                return false
            }
            let request = offer.body.renderRequest(offer: offer.id)
            guard RawPicture(records: FakeEngine.render(request))?.bytes == bytes else { return false }
        }
        return assembly.isComplete
    }

    func outcomes(_ outcome: AttemptOutcome) -> Int {
        events.count { if case .attemptEnded(_, _, _, _, outcome) = $0.1 { true } else { false } }
    }
}
