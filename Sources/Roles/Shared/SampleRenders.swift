internal import ProofOfRender
internal import RenderModel
internal import Wire

/// The record of one place as it grows sample by sample, while the engine renders it: one piece of work for each request of
/// `RenderRequest.prefixes(of:)`.
struct SampleRenders: Sendable {
    private let works: [WorkID]
    private var values: [RecordValue?]

    /// `requests` differ in the end of their samples alone.
    init(_ requests: [RenderRequest], at place: RecordPlace, of sceneRoot: CID, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        var works: [WorkID] = []
        for request in requests {
            var settings = request.settings
            settings.samples = request.samples.upperBound
            let work = ids.work()
            works.append(work)
            emit.append(
                .recompute(work, sceneRoot: sceneRoot, settings, frame: request.frame, rngKey: request.rngKey, [place]))
        }
        self.works = works
        values = Array(repeating: nil, count: works.count)
    }

    func contains(_ work: WorkID) -> Bool { works.contains(work) }

    /// Takes the values of one piece. False where they are not one.
    mutating func rendered(_ work: WorkID, _ rendered: [RecordValue]) -> Bool {
        guard let index = works.firstIndex(of: work), rendered.count == 1 else { return false }
        values[index] = rendered[0]
        return true
    }

    /// One value per request; nil while some are missing.
    var complete: [RecordValue]? {
        let present = values.compactMap { $0 }
        return present.count == works.count ? present : nil
    }

    func cancel(emit: inout [RoleEffect]) {
        for (work, value) in zip(works, values) where value == nil { emit.append(.cancelWork(work)) }
    }
}
