internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import Wire

extension ManagerRole {
    mutating func connected(_ peer: PeerID, _ isConnected: Bool) {
        guard let key = peer.ed25519Key else { return }
        members.setConnected(key, isConnected)
        wantsAssignment = true
    }

    mutating func registryCall(_ peer: PeerID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let call = try? RegistryCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            return .refused(.malformed)
        }
        switch call {
        case .register(let record):
            guard record.author == peer.ed25519Key, let body: Register = keys.open(record) else {
                emit.append(.penalise(peer, .forged))
                return .refused(.notSigned)
            }
            return registered(body, record, now: now, emit: &emit)
        case .leave(let record):
            guard record.author == peer.ed25519Key, let body: Leave = keys.open(record) else { return .refused(.notSigned) }
            if members[record.author]?.registration.session == body.session { remove(record.author, now: now, emit: &emit) }
            return .acknowledged
        // The registry of Managers is the node's.
        case .announce, .reconcile: return .refused(.unsupported)
        }
    }

    private mutating func registered(_ body: Register, _ record: Record, now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        switch members.register(body, record: record, now: now) {
        case .joined:
            emit.append(.event(.memberJoined(record.author, body.role)))
            // After a restart of ours it may still hold leases.
            if body.role == .worker { for _ in 0..<leases(of: record.author) { members.began(record.author) } }
        case .restarted: lost(record.author, now: now, emit: &emit)
        case .refreshed, .stale: break
        case .full: return .refused(.tooMany)
        }
        wantsAssignment = true
        return clock.beacon.map { .record($0) } ?? .acknowledged
    }

    mutating func remove(_ key: Bytes32, now: Instant, emit: inout [RoleEffect]) {
        guard let role = members.remove(key) else { return }
        emit.append(.event(.memberLeft(key, role)))
        lost(key, now: now, emit: &emit)
    }

    /// A member that is gone or remembers nothing: its leases end, its duties lapse.
    private mutating func lost(_ key: Bytes32, now: Instant, emit: inout [RoleEffect]) {
        release(drawn: key)
        for ref in liveAttempts {
            guard let attempt = attempt(ref) else { continue }
            if attempt.worker == key {
                expire(ref, isStrike: false, now: now, emit: &emit)
                continue
            }
            for (index, duty) in (attempt.committee?.duties ?? []).enumerated() where duty.verifier == key && duty.isLive {
                lapse(DutyRef(attempt: ref, index: index), now: now, emit: &emit)
            }
        }
    }

    /// Closes the round, reveals its output, and goes on with what it anchored.
    mutating func closeRound(now: Instant, emit: inout [RoleEffect]) {
        timers.set(.round, at: now + parameters.roundLength)
        for key in members.silent(since: now - parameters.memberSilenceMax) { remove(key, now: now, emit: &emit) }
        let (workers, verifiers) = (members.roster(.worker), members.roster(.verifier))
        let closed = clock.close(
            contribution: secret.next(), workers: workers?.root, verifiers: verifiers?.root, keys: keys)
        rosters.append(
            RosterHistory.Certified(round: closed.round, roundRoot: closed.roundRoot, workers: workers, verifiers: verifiers))
        emit.append(.persist([store.beacon(closed.beacon)]))
        emit.append(.publish(.beacon, closed.beacon.encoded))
        let call = BeaconCall.beacon(closed.beacon).encoded
        for key in members.keys where members[key]?.isConnected == true {
            emit.append(
                .request(ids.request(), to: PeerID(ed25519: key), at: [], .beacon, call, timeout: parameters.requestWait))
        }
        forgetKept(emit: &emit)
        emit.append(.event(.roundClosed(round: closed.round, records: closed.anchors.count)))
        for (id, anchor) in closed.anchors {
            guard let ref = commitments[id] else {
                anchoredPromise(id, anchor)
                continue
            }
            update(ref) { $0.anchor = anchor }
            verifyIfReady(ref, now: now, emit: &emit)
        }
        for ref in liveAttempts { anchorAgainIfStarved(ref) }
        hungry += starving.sorted(by: AttemptRef.isBefore)
        starving = []
        wantsAssignment = true
    }
}
