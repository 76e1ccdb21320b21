internal import Logging
internal import Node
internal import Roles
internal import Store

extension NodeDaemon {
    func carryOut(_ effect: NodeEffect) {
        switch effect {
        case .network(let command): network.carryOut(command)
        case .readBlock(let token, let cid): storage.read(cid) { [weak self] in self?.tell(.blockRead(token, $0)) }
        case .probeBlock(let token, let cid): tell(.blockProbed(token, size: storage.blocks.size(of: cid)))
        case .lookedUp: break
        case .storeBlock(let role, let cid, let bytes, let scope):
            storage.store([(cid, bytes)], role, scope: scope) { [weak self] error in
                if let error { self?.log.error("a block was not kept", metadata: ["block": "\(cid)", "reason": "\(error)"]) }
                self?.tell(.stored(role, cid, error == nil))
            }
        case .releaseBlocks(let role, let scope):
            storage.release(role, scope: scope) { [weak self] error in
                if let error { self?.log.error("blocks were not released", metadata: ["reason": "\(error)"]) }
            }
        case .persist: preconditionFailure("the queue takes care of what is to be durable")
        case .load(let role, let id, let prefix, let from, let countMax):
            storage.load(role, prefix: prefix, from: from, countMax: countMax) { [weak self] in self?.tell(.loaded(role, id, $0)) }
        case .surveyScene(let id, let root, let scope):
            guard let role = RoleName(rawValue: RoleIDs.space(of: id.value)) else { return }
            storage.survey(root: root, role, scope: scope) { [weak self] in self?.tell(.sceneSurveyed(id, $0)) }
        case .inspectScene(let id, let root): work.inspect(id, root)
        case .render(let id, let root, let request, let memoryMax): work.render(id, root, request, memoryMax: memoryMax)
        case .prove(let id, let order): work.prove(id, order)
        case .recompute(let id, let root, let settings, let frame, let rngKey, let places):
            work.recompute(id, root, settings, frame: frame, rngKey: rngKey, places)
        case .markScene(let id, let root, let order): work.mark(id, root, order)
        case .compareScenes(let id, let original, let copy):
            storage.compare(original: original, copy: copy) { [weak self] in self?.tell(.scenesCompared(id, $0)) }
        case .cancelWork(let id): work.cancel(id)
        case .deliverTile(let job, let frame, let tile, let bytes): onTile?(job, frame, tile, bytes)
        case .answer(_, let id, let answer): questions.take(id)?(answer)
        case .adminRequest(let id, let peer, let bytes):
            admin.answer(bytes, from: peer, of: self) { [weak self] in self?.tell(.adminResponse(id, $0)) }
        case .event(let event): happened(event)
        }
    }

    private func logMessage(of event: NodeEvent) -> LogMessage? {
        guard case .dialFailed(let peer, let reason) = event, settings.bootstrap.contains(where: { $0.0 == peer }) else {
            return event.logMessage
        }
        return LogMessage(
            level: .warning, text: "bootstrap peer not reached: check its address and that it is up; trying again",
            fields: [("peer", "\(peer)"), ("reason", "\(reason)")])
    }

    private func happened(_ event: NodeEvent) {
        onEvent?(event)
        if case .role(let role, .drained) = event { drained(role) }
        if case .managers(let peers) = event { managers = peers }
        guard let message = logMessage(of: event) else { return }
        var metadata: Logger.Metadata = [:]
        for (name, value) in message.fields { metadata[name] = "\(value)" }
        log.log(level: message.level, "\(message.text)", metadata: metadata)
        // Debug messages come and go by the thousand; they would push out what matters.
        guard message.level >= .info else { return }
        let fields = message.fields.map { " \($0.0)=\($0.1)" }.joined()
        events.append(.init(time: .now, text: message.text + fields))
    }
}
