import ProofOfRender
import RenderEngine
import RenderModel
import Wire

/// Genuine work, of something else.
enum ForeignResults {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        let offer = laboratory.offer
        func render(_ change: (inout Offer) -> Void) throws -> (records: TileRecords, context: RecordContext) {
            var other = offer
            change(&other)
            let id = laboratory.id(other)
            let prepared = try PreparedScene(laboratory.scene, frame: other.frame)
            return (try laboratory.device.render(prepared, other.renderRequest(offer: id)), other.context(offer: id))
        }
        let stale = try render { $0.frame += 1 }
        let neighbour = try render { $0.task += 1 }
        let another = try render { $0.worker = Bytes32(words: 5, 5, 5, 5) }
        let before = try render { $0.attempt += 1 }
        return try [
            ("stale frame", Work(records: stale.records)), ("the result of another task", Work(records: neighbour.records)),
            ("another Worker's result", Work(records: another.records)),
            ("the result of an earlier attempt", Work(records: before.records)),
            ("another Worker's commitment, copied", Work(records: another.records, context: another.context)),
            ("a commitment of another frame, copied", Work(records: stale.records, context: stale.context)),
        ].map { name, work in
            let trials = plan.trials(300, small: 6)
            let caught = try (0..<trials).count { try laboratory.verdict(on: work, offer, trial: UInt64($0)) != .accept }
            return Rate(attack: name, trials: trials, caught: caught, expected: 1)
        }
    }
}
