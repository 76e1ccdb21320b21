internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension VerifierRole {
    /// Records that are narrowed down at a time; more rejects than that go out as they are.
    private static let narrowingsMax = 4

    /// True while the verdict of a duty waits for the sample that shows its reason.
    mutating func narrows(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let duty = duties[id], duty.verdict == nil else { return false }
        if let narrowing = duty.narrowing {
            if narrowing.isOver { return false }
            ask(id, emit: &emit)
            return true
        }
        guard duties.values.count(where: { $0.narrowing?.isOver == false }) < VerifierRole.narrowingsMax,
            let machine = Bisection(duty.check)
        else { return false }
        duties[id]?.narrowing = Narrowing(machine)
        step(id, now: now, emit: &emit) { $0.start(now: now, emit: &$1) }
        return duties[id]?.narrowing?.isOver == false
    }

    private mutating func ask(_ id: RecordID, emit: inout [RoleEffect]) {
        guard let duty = duties[id], let question = duty.narrowing?.question, duty.narrowing?.renders == nil,
            !isPending(.question(id))
        else { return }
        send(.question(question), to: duty.manager, as: .question(id), emit: &emit)
    }

    mutating func traced(_ id: RecordID, _ reply: RecordReply, _ request: Pending, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duties[id], duty.narrowing?.isOver == false else { return }
        switch reply {
        case .record(let record) where record.author == duty.offer.worker:
            guard let trace: SampleTrace = keys.open(record) else { return refuse(id, now: now, emit: &emit) }
            let traceID = keys.id(record)
            step(id, now: now, emit: &emit) { $0.handle(.received(trace, id: traceID), now: now, emit: &$1) }
            conclude(id, now: now, emit: &emit)
        case .pending: retry(request, now: now)
        case .record, .records, .acknowledged, .refused: refuse(id, now: now, emit: &emit)
        }
    }

    private mutating func refuse(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        step(id, now: now, emit: &emit) { $0.handle(.refused, now: now, emit: &$1) }
        conclude(id, now: now, emit: &emit)
    }

    /// Takes a piece of the render of a trace; nil: it failed. False where it belongs to none.
    mutating func renderedSample(_ work: WorkID, _ values: [RecordValue]?, now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let id = order.first(where: { duties[$0]?.narrowing?.renders?.contains(work) == true }),
            var renders = duties[id]?.narrowing?.renders
        else { return false }
        let isTaken = values.map { renders.rendered(work, $0) } ?? false
        duties[id]?.narrowing?.renders = renders
        if !isTaken {
            step(id, now: now, emit: &emit) { $0.handle(.renderFailed, now: now, emit: &$1) }
        } else if let complete = renders.complete {
            step(id, now: now, emit: &emit) { $0.handle(.rendered(complete), now: now, emit: &$1) }
        }
        conclude(id, now: now, emit: &emit)
        return true
    }

    mutating func narrowingLate(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        step(id, now: now, emit: &emit) { $0.handleDeadline(now: now, emit: &$1) }
        conclude(id, now: now, emit: &emit)
    }

    private mutating func conclude(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        if duties[id]?.narrowing?.isOver == true { advance(id, now: now, emit: &emit) }
    }

    private mutating func step(
        _ id: RecordID, now: Instant, emit: inout [RoleEffect], _ body: (inout Bisection, inout [Bisection.Effect]) -> Void
    ) {
        guard let duty = duties[id], var narrowing = duty.narrowing else { return }
        var effects: [Bisection.Effect] = []
        body(&narrowing.machine, &effects)
        for effect in effects {
            switch effect {
            case .ask(let question):
                let record = keys.sign(question)
                narrowing.question = record
                // It only notes the id.
                var none: [Bisection.Effect] = []
                narrowing.machine.handle(.asked(keys.id(record)), now: now, emit: &none)
            case .render(let requests, let place):
                narrowing.renders = SampleRenders(requests, at: place, of: duty.duty.sceneRoot, ids: &ids, emit: &emit)
            case .finish(let finding):
                narrowing.renders?.cancel(emit: &emit)
                (narrowing.isOver, narrowing.finding) = (true, finding)
            }
        }
        duties[id]?.narrowing = narrowing
        timers.cancel(.narrowing(id))
        if let deadline = narrowing.machine.nextDeadline { timers.set(.narrowing(id), at: deadline) }
        ask(id, emit: &emit)
    }
}
