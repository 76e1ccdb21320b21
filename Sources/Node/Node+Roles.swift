import Determinism
import Identity
import LibP2P
import Roles
import Wire

extension Node {
    /// Tells every role that this node has, in a fixed order.
    mutating func tellRoles(_ input: RoleInput, now: Instant, emit: inout [NodeEffect]) {
        for role in parameters.roles { tell(role, input, now: now, emit: &emit) }
    }

    /// Tells the role that an id belongs to by its top byte.
    mutating func tellOwner(of id: UInt64, _ input: RoleInput, now: Instant, emit: inout [NodeEffect]) {
        guard let role = RoleName(rawValue: RoleIDs.space(of: id)) else { return }
        tell(role, input, now: now, emit: &emit)
    }

    mutating func tellRole(
        _ role: RoleName, _ input: RoleInput, orRefuse id: InboundID, now: Instant, emit: inout [NodeEffect]
    ) {
        guard parameters.roles.contains(role) else { return emit.append(.network(.refuse(id))) }
        tell(role, input, now: now, emit: &emit)
    }

    /// A request of the job flow. A node with one role gives it to that; one with several looks at what kind of message it is.
    mutating func routeRoleRequest(
        from peer: PeerID, _ name: ProtocolName, _ id: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [NodeEffect]
    ) {
        let input = RoleInput.request(from: peer, name, id, bytes)
        var recipients: [RoleName] =
            switch name {
            case .task: (try? TaskCall(encoded: bytes))?.recipients ?? []
            case .verify: (try? VerifyCall(encoded: bytes))?.recipients ?? []
            case .beacon: [.worker, .verifier]
            default: [.manager]
            }
        recipients.removeAll { !parameters.roles.contains($0) }
        guard !recipients.isEmpty else { return emit.append(.network(.refuse(id))) }
        for role in recipients { tell(role, input, now: now, emit: &emit) }
    }

    mutating func tell(_ role: RoleName, _ input: RoleInput, now: Instant, emit: inout [NodeEffect]) {
        var effects: [RoleEffect] = []
        switch role {
        case .manager: manager?.value.handle(input, now: now, emit: &effects)
        case .worker: worker?.value.handle(input, now: now, emit: &effects)
        case .verifier: verifier?.value.handle(input, now: now, emit: &effects)
        case .client: client?.value.handle(input, now: now, emit: &effects)
        }
        carryOut(effects, of: role, now: now, emit: &emit)
    }

    func deadline(of role: RoleName) -> Instant? {
        switch role {
        case .manager: manager?.value.nextDeadline
        case .worker: worker?.value.nextDeadline
        case .verifier: verifier?.value.nextDeadline
        case .client: client?.value.nextDeadline
        }
    }

    mutating func rolesDeadline(_ role: RoleName, now: Instant, emit: inout [NodeEffect]) {
        var effects: [RoleEffect] = []
        switch role {
        case .manager: manager?.value.handleDeadline(now: now, emit: &effects)
        case .worker: worker?.value.handleDeadline(now: now, emit: &effects)
        case .verifier: verifier?.value.handleDeadline(now: now, emit: &effects)
        case .client: client?.value.handleDeadline(now: now, emit: &effects)
        }
        carryOut(effects, of: role, now: now, emit: &emit)
    }

    mutating func carryOut(_ effects: [RoleEffect], of role: RoleName, now: Instant, emit: inout [NodeEffect]) {
        for effect in effects {
            switch effect {
            case .request(let id, let peer, let addresses, let name, let bytes, let timeout):
                request(id, to: peer, at: addresses, name, bytes, timeout: timeout, now: now, emit: &emit)
            case .respond(let id, let bytes): emit.append(.network(.respond(id, bytes)))
            case .refuse(let id): emit.append(.network(.refuse(id)))
            case .publish(let topic, let bytes): publish(topic.name(prefix: parameters.network.prefix), bytes, now: now, emit: &emit)
            case .subscribe(let topic): join(topic.name(prefix: parameters.network.prefix), now: now, emit: &emit)
            case .wantBlock(let id, let cid, let candidates, let timeout):
                wantBlock(id, cid, from: candidates, deadline: now + timeout, emit: &emit)
            case .cancelBlock(let id): cancelBlock(id, now: now, emit: &emit)
            case .storeBlock(let cid, let bytes, let scope): emit.append(.storeBlock(role, cid, bytes, scope: scope))
            case .releaseBlocks(let scope): emit.append(.releaseBlocks(role, scope: scope))
            case .persist(let changes): emit.append(.persist(role, changes))
            case .load(let id, let prefix, let start, let countMax):
                emit.append(.load(role, id, prefix: prefix, from: start, countMax: countMax))
            case .surveyScene(let id, let root, let scope): emit.append(.surveyScene(id, root: root, scope: scope))
            case .inspectScene(let id, let root): emit.append(.inspectScene(id, root: root))
            case .render(let id, let root, let request, let memoryMax):
                emit.append(.render(id, sceneRoot: root, request, memoryMax: memoryMax))
            case .prove(let id, let order): emit.append(.prove(id, order))
            case .recompute(let id, let root, let settings, let frame, let rngKey, let places):
                emit.append(.recompute(id, sceneRoot: root, settings, frame: frame, rngKey: rngKey, places))
            case .markScene(let id, let root, let order): emit.append(.markScene(id, root: root, order))
            case .compareScenes(let id, let original, let copy):
                emit.append(.compareScenes(id, original: original, copy: copy))
            case .cancelWork(let id): emit.append(.cancelWork(id))
            case .penalise(let peer, let reason):
                // A malformed or flooding peer is cut off; what a signature proves is the roles' own to punish.
                if reason == .malformed || reason == .flood { penalise(peer, .task, emit: &emit) }
            case .replaceManager(let peer): replaceManager(peer, because: .timedOut, now: now, emit: &emit)
            case .deliverTile(let job, let frame, let tile, let bytes):
                emit.append(.deliverTile(job: job, frame: frame, tile, bytes))
            case .event(let event):
                emit.append(.event(.role(role, event)))
                if event == .parked { parked(role, now: now, emit: &emit) }
            case .answer(let id, let answer): emit.append(.answer(role, id, answer))
            }
        }
    }
}

extension TaskCall {
    /// Who handles this kind of message.
    var recipients: [RoleName] {
        switch self {
        case .offer, .decoy, .attemptEnd, .jobEnd: [.worker]
        case .progress, .commitment, .handBack: [.manager]
        }
    }
}

extension VerifyCall {
    var recipients: [RoleName] {
        switch self {
        case .duty: [.verifier]
        case .locate, .open, .trace: [.worker]
        case .challenge, .blind, .verdict, .evidence, .question: [.manager]
        }
    }
}
