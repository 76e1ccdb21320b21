internal import Console
internal import NodeRuntime
internal import ProofOfRender

/// What L0 and L1 say about a picture, for people and for programs.
struct MarkText {
    let finding: MarkFinding

    private var laplacian: LaplacianCheck { finding.laplacian }
    private var filter: MatchedFilter { finding.filter }
    private var texture: TextureFilter { finding.texture }

    var json: JSON {
        .object([
            "accepted": .boolean(finding.passes),
            "l0": .object([
                "accepted": .boolean(laplacian.passes), "regions": .whole(laplacian.contrasts.count),
                "regions_passed": .whole(laplacian.regionsPassed), "threshold": .number(laplacian.threshold),
                "contrasts": .array(laplacian.contrasts.map { .number($0) }),
            ]),
            "l1": .object([
                "accepted": .boolean(filter.passes), "score": .number(filter.score), "threshold": .number(filter.threshold),
                "steadiness": .number(filter.steadiness), "steadiness_min": .number(MatchedFilter.steadinessMin),
                "terms": .array(filter.terms.map { .number(Double($0)) }),
            ]),
            "hidden": .object([
                "accepted": .boolean(texture.passes), "judged": .boolean(finding.isTextureJudged),
                "applicable": .boolean(texture.isApplicable), "windows": .whole(texture.windows),
                "z": .number(texture.z), "expected": .number(texture.expected), "threshold": .number(TextureFilter.threshold),
                "strength": .number(texture.strength),
                "strength_max": .number(TextureFilter.strengthMax),
            ]),
        ])
    }

    var text: String {
        """
        L0  \(word(laplacian.passes))  \(laplacian.regionsPassed) of \(laplacian.contrasts.count) regions reach \
        \(Figures.decimal(laplacian.threshold, places: 1)) (decides nothing)
        L1  \(word(filter.passes))  quads: score \(Figures.decimal(filter.score, places: 2)), needed \
        \(Figures.decimal(filter.threshold, places: 2)); steadiness \(Figures.decimal(min(filter.steadiness, 999), places: 1)), needed \
        \(Figures.decimal(MatchedFilter.steadinessMin, places: 0))
        L1  \(hidden)
        """
    }

    private var hidden: String {
        guard texture.windows >= TextureFilter.windowsMin else { return "none  hidden marks: too little of the picture is textured" }
        guard texture.isApplicable else {
            return """
                none  hidden marks: too much noise to tell; z \(Figures.decimal(texture.z, places: 1)), \
                \(Figures.decimal(texture.expected, places: 1)) expected
                """
        }
        return """
            \(finding.isTextureJudged ? word(texture.passes) : "none")  hidden marks\(finding.isTextureJudged ? "" : ", not judged in 8 bits"): z \(Figures.decimal(texture.z, places: 1)), needed \
            \(Figures.decimal(TextureFilter.threshold, places: 0)); strength \(Figures.decimal(texture.strength, places: 2)), at most \
            \(Figures.decimal(TextureFilter.strengthMax, places: 0))
            """
    }

    private func word(_ passes: Bool) -> String { passes ? "pass" : "fail" }
}
