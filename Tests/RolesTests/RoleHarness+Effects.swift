import Crypto
import Determinism
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Wire

@testable import Roles

extension RoleHarness {
    /// Carries out effects in their order, then checks what must always hold.
    func carryOut(_ effects: [RoleEffect], of index: Int) {
        let life = parties[index].life
        var isPromiseTouched = false
        for effect in effects {
            onEffect(index, effect)
            switch effect {
            case .request(let id, let peer, _, let name, let bytes, let timeout):
                invariants.sees(name, bytes, from: index, in: self)
                request(id, from: index, to: peer, name, bytes, timeout: timeout)
            case .respond(let inbound, let bytes): respond(Int(inbound.value), from: index, .success(bytes))
            case .refuse(let inbound): respond(Int(inbound.value), from: index, .failure(.closed))
            case .publish(let topic, let bytes):
                guard !parties[index].isSilent, index != manager, arrives() else { continue }
                deliver(manager, .gossip(topic, from: parties[index].peer, bytes))
            case .subscribe, .cancelBlock: break
            case .wantBlock(let id, let cid, let sources, let timeout): want(id, cid, sources, timeout: timeout, index)
            case .storeBlock(let cid, let bytes, let scope):
                if !parties[index].isDiskFull { parties[index].store(cid, bytes, scope: scope) }
                push(.input(party: index, life: life, .stored(cid, !parties[index].isDiskFull)), after: 2)
            case .releaseBlocks(let scope): parties[index].release(scope: scope)
            case .persist(let changes):
                for change in changes {
                    parties[index].table[change.key] = change.value
                    if change.value == nil { isPromiseTouched = true }
                }
            case .load(let id, let prefix, let from, let countMax):
                push(
                    .input(
                        party: index, life: life, .loaded(id, parties[index].rows(prefix: prefix, from: from, countMax: countMax))),
                    after: 1)
            case .surveyScene(let id, let root, let scope): survey(id, root, scope, index)
            case .inspectScene(let id, _):
                let facts = SceneFacts(bytes: 500, cameras: 1, triangles: 12, memory: 1 << 20)
                push(.input(party: index, life: life, .sceneInspected(id, .valid(facts))), after: 50)
            case .render(let id, let root, let request, _):
                let marks = regions(root)
                let time = options.renderTime * UInt64(4 + index) / 4
                push(.input(party: index, life: life, .workProgress(id, permille: 500, rays: 1_000)), after: time / 2)
                work(id, after: time, index) { .rendered(id, FakeEngine.render(request, marks: marks)) }
            case .prove(let id, let order): work(id, after: options.provingTime, index) { .proved(id, order.made()) }
            case .recompute(let id, let root, let settings, let frame, let rngKey, let places):
                let marks = regions(root)
                work(id, after: index == manager ? managerTime : recomputeTime, index) {
                    .recomputed(id, FakeEngine.recompute(settings, frame: frame, rngKey: rngKey, places, marks: marks))
                }
            case .markScene(let id, let root, let order):
                let copy = isMarking ? FakeEngine.mark(parties[index].blocks[root] ?? [], order) : nil
                if let copy { copies[copy.root] = (root, copy) }
                work(id, after: 60, index) { .sceneMarked(id, copy) }
            case .compareScenes(let id, let original, let copy):
                push(.input(party: index, life: life, .scenesCompared(id, areCopiesTrue && copies[copy]?.original == original)), after: 5)
            case .cancelWork(let id): cancelled.insert(id.value &+ UInt64(index) << 40)
            case .penalise(let peer, let misbehaviour): penalised.append((peer, misbehaviour))
            case .replaceManager: break
            case .deliverTile(let job, let frame, let tile, let bytes): tiles[job, default: [:]][frame, default: [:]][tile] = bytes
            case .event(let event):
                events.append((index, event))
                invariants.sees(event, from: index)
            case .answer(let id, let answer):
                answers[id] = answer
                if case .submitted(let job) = answer {
                    invariants.promised.append(job)
                    isPromiseTouched = true
                }
            }
        }
        if isPromiseTouched { invariants.check(self) }
    }

    private func regions(_ root: CID) -> [MarkRegion] { copies[root]?.copy.parts.flatMap(\.regions) ?? [] }

    private func work(_ id: WorkID, after milliseconds: UInt64, _ index: Int, _ result: @escaping () -> RoleInput) {
        let life = parties[index].life
        push(
            .act { harness in
                guard !harness.cancelled.contains(id.value &+ UInt64(index) << 40) else { return }
                harness.push(.input(party: index, life: life, result()), after: 0)
            }, after: milliseconds)
    }

    private func arrives() -> Bool { !generator.chance(options.loss) }

    private func delay() -> UInt64 { UInt64.random(in: options.delay, using: &generator) }

    private func deliver(_ index: Int, _ input: RoleInput) {
        push(.input(party: index, life: parties[index].life, input), after: delay())
    }

    func request(
        _ id: RequestID, from index: Int, to peer: PeerID, _ name: ProtocolName, _ bytes: [UInt8], timeout: Duration
    ) {
        requests.append(Request(from: index, life: parties[index].life, id: id))
        let number = requests.count - 1
        push(.timeout(request: number), after: UInt64(timeout.inSeconds * 1_000))
        guard let target = self.index(of: peer), !parties[index].isSilent, !parties[target].isSilent else { return }
        guard parties[target].isUp else {
            respond(number, from: target, .failure(.closed))
            return
        }
        guard arrives(), filter(self, index, target, name, bytes) else { return }
        let copies = generator.chance(options.duplicates) ? 2 : 1
        for _ in 0..<copies {
            deliver(target, .request(from: parties[index].peer, name, InboundID(UInt64(number)), bytes))
        }
    }

    private func respond(_ number: Int, from index: Int, _ result: Result<[UInt8], NetworkFailure>) {
        guard requests[number].isOpen, !parties[index].isSilent, arrives() else { return }
        let request = requests[number]
        let harness: (RoleHarness) -> Void = { harness in
            guard harness.requests[number].isOpen else { return }
            harness.requests[number].isOpen = false
            let input: RoleInput =
                switch result {
                case .success(let bytes): .response(request.id, bytes)
                case .failure(let failure): .requestFailed(request.id, failure)
                }
            harness.push(.input(party: request.from, life: request.life, input), after: 0)
        }
        push(.act(harness), after: delay())
    }

    private func want(_ id: BlockRequestID, _ cid: CID, _ sources: [PeerID], timeout: Duration, _ index: Int) {
        let life = parties[index].life
        if let own = parties[index].blocks[cid] {
            push(.input(party: index, life: life, .block(id, own)), after: 0)
            return
        }
        push(
            .act { harness in
                let holder = harness.parties.first { party in
                    sources.contains(party.peer) && party.isUp && !party.isSilent && party.blocks[cid] != nil
                }
                let bytes = harness.parties[index].isSilent ? nil : holder?.blocks[cid]
                let wait = bytes == nil ? UInt64(timeout.inSeconds * 1_000) : 0
                harness.push(.input(party: index, life: life, .block(id, bytes)), after: wait)
            }, after: 2 * delay())
    }

    /// The manifest of a test's scene is the list of its blocks.
    private func survey(_ id: WorkID, _ root: CID, _ scope: Bytes32, _ index: Int) {
        let life = parties[index].life
        let survey: SceneSurvey
        if let manifest = parties[index].blocks[root] {
            var reader = ByteReader(manifest)
            var cids: [CID] = []
            while !reader.isAtEnd, let cid = try? CID(reading: &reader) { cids.append(cid) }
            let missing = cids.filter { parties[index].blocks[$0] == nil }
            for cid in cids + [root] where parties[index].blocks[cid] != nil { parties[index].scopes[cid, default: []].insert(scope) }
            survey = missing.isEmpty ? .complete(bytes: 500) : .missing(missing)
        } else {
            survey = .missing([root])
        }
        push(.input(party: index, life: life, .sceneSurveyed(id, survey)), after: 3)
    }

    /// Folds an input into the digest of the run.
    func record(_ index: Int, _ input: RoleInput) {
        var writer = ByteWriter()
        writer.write(trace.array)
        writer.writeBigEndian(now.nanoseconds)
        writer.writeBigEndian(UInt32(index))
        switch input {
        case .request(let peer, let name, _, let bytes): writer.write([1, name.rawValue] + peer.bytes + bytes)
        case .response(let id, let bytes):
            writer.writeBigEndian(id.value)
            writer.write(bytes)
        case .requestFailed(let id, let failure):
            writer.writeBigEndian(id.value)
            writer.write(failure.rawValue)
        case .gossip(_, let peer, let bytes): writer.write([3] + peer.bytes + bytes)
        case .block(let id, let bytes):
            writer.writeBigEndian(id.value)
            writer.write(bytes ?? [])
        default: writer.write(Array("\(input)".utf8.prefix(24)))
        }
        trace = Hash.blake2b(writer.bytes)
    }
}

/// Events by time, then by the order in which they were pushed.
struct EventQueue<Event> {
    private var heap: [(at: Instant, order: UInt64, event: Event)] = []
    private var pushed: UInt64 = 0

    var next: Instant? { heap.first?.at }

    mutating func push(_ event: Event, at instant: Instant) {
        pushed += 1
        heap.append((instant, pushed, event))
        var index = heap.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop() -> Event? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && isBefore(child, least) { least = child }
            if least == index { return first.event }
            heap.swapAt(index, least)
            index = least
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool { (heap[a].at, heap[a].order) < (heap[b].at, heap[b].order) }
}
