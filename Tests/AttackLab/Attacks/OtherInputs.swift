import ProofOfRender
import RenderEngine
import RenderModel

/// The Worker renders something else than what was ordered, with the random numbers of the offer.
enum OtherInputs {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        let offer = laboratory.offer
        let request = offer.renderRequest(offer: laboratory.id(offer))
        var smaller = request
        smaller.settings.depth -= 1
        var simplified = laboratory.scene
        // The mesh that the last node with a mesh carries is left out.
        if let last = simplified.nodes.lastIndex(where: { $0.mesh >= 0 }) { simplified.nodes[last].mesh = -1 }
        var moved = laboratory.scene
        if let last = moved.nodes.lastIndex(where: { $0.mesh >= 0 }) {
            moved.nodes[last].translation += [0.01, 0, 0]
            if moved.nodes[last].matrix.count == 16 { moved.nodes[last].matrix[12] += 0.01 }
        }
        let device = laboratory.device
        return try [
            ("depth smaller by one", device.render(laboratory.prepared, smaller)),
            ("geometry simplified", device.render(PreparedScene(simplified), request)),
            ("object moved by 1 cm", device.render(PreparedScene(moved), request)),
        ].map { name, records in
            let work = Work(records: records)
            let trials = plan.trials(300, small: 6)
            let caught = try (0..<trials).count { try laboratory.verdict(on: work, offer, trial: UInt64($0)) != .accept }
            let expected = 1 - laboratory.missProbability(work, honest: laboratory.honest, offer)
            return Rate(attack: name, trials: trials, caught: caught, expected: expected)
        }
    }
}
