internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension VerifierRole {
    mutating func send(_ call: VerifyCall, to manager: PeerID, as request: Pending, emit: inout [RoleEffect]) {
        let id = ids.request()
        pending[id] = request
        emit.append(.request(id, to: manager, at: [], .verify, call.encoded, timeout: parameters.requestWait))
    }

    /// At most one request of a kind is under way for a duty.
    func isPending(_ request: Pending) -> Bool { pending.values.contains(request) }

    mutating func response(_ id: RequestID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        if membership.response(id, bytes, now: now, emit: &emit) { return }
        guard let request = pending.removeValue(forKey: id) else { return }
        let reply = (try? RecordReply(encoded: bytes)) ?? .refused(.malformed)
        switch request {
        case .challenge(let duty): located(duty, reply, request, now: now, emit: &emit)
        case .blind(let duty): opened(duty, reply, request, now: now, emit: &emit)
        case .question(let duty): traced(duty, reply, request, now: now, emit: &emit)
        case .verdict(let duty):
            // Any answer but "ask again" ends it: the Manager has the verdict, or no longer wants it.
            if case .pending = reply { retry(request, now: now) } else { end(duty, now: now, emit: &emit) }
        case .evidence(let duty, let dispute): evidence(duty, dispute, reply, now: now, emit: &emit)
        }
    }

    mutating func retry(_ request: Pending, now: Instant) {
        switch request {
        case .challenge(let duty), .blind(let duty), .question(let duty), .verdict(let duty):
            if duties[duty] != nil { timers.set(.resend(duty), at: now + parameters.resendPause) }
        case .evidence(let duty, let dispute):
            // Without evidence there is nothing to reproduce; the check goes on.
            closeDispute(duty, dispute)
            if duties[duty] != nil { timers.set(.resend(duty), at: now + parameters.resendPause) }
        }
    }

    private mutating func located(_ id: RecordID, _ reply: RecordReply, _ request: Pending, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duties[id] else { return }
        if isOver(reply) { return end(id, now: now, emit: &emit) }
        guard
            case .record(let record) = reply, record.author == duty.offer.worker, let locators: Locators = keys.open(record),
            duties[id]?.check.receive(locators: locators, id: keys.id(record)) != .unexpected
        else { return retry(request, now: now) }
        advance(id, now: now, emit: &emit)
    }

    private mutating func opened(_ id: RecordID, _ reply: RecordReply, _ request: Pending, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duties[id] else { return }
        if isOver(reply) { return end(id, now: now, emit: &emit) }
        guard
            case .record(let record) = reply, record.author == duty.offer.worker, let openings: Openings = keys.open(record),
            duties[id]?.check.receive(openings: openings, id: keys.id(record)) != .unexpected
        else { return retry(request, now: now) }
        advance(id, now: now, emit: &emit)
    }

    /// The Manager no longer wants this duty.
    private func isOver(_ reply: RecordReply) -> Bool {
        switch reply {
        case .refused(.unknown), .refused(.expired): true
        case .record, .records, .acknowledged, .pending, .refused: false
        }
    }

    private mutating func evidence(_ id: RecordID, _ dispute: RecordID, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duties[id], let index = duty.disputes.firstIndex(where: { $0.verdict == dispute }) else { return }
        if case .records(let records) = reply, let package = try? EvidencePackage(records: records),
            let manager = duty.manager.ed25519Key
        {
            duties[id]?.disputes[index].received(package, claim: duty.check.claim, manager: manager, keys: keys)
        }
        closeDispute(id, dispute)
        advance(id, now: now, emit: &emit)
    }

    private mutating func closeDispute(_ id: RecordID, _ dispute: RecordID) {
        guard let index = duties[id]?.disputes.firstIndex(where: { $0.verdict == dispute }) else { return }
        duties[id]?.disputes[index].close()
    }
}
