internal import RenderModel
internal import Synchronization

/// A render that several devices share: who takes which part, and the records of the whole.
final class SharedRender: Sendable {
    private let request: RenderRequest
    private let plan: SharePlan
    private let state: Mutex<State>

    private struct State {
        var shares: ShareBook
        var records: TileRecords
        /// Of each member's part in work.
        var current: [(weight: Double, progress: RenderProgress)]
        var done = 0.0
        var rays: UInt64 = 0
        var working: Int
        var failure: RenderError?
    }

    init(_ request: RenderRequest, members: Int) {
        self.request = request
        plan = SharePlan(request, members: members)
        var records = TileRecords(
            tile: request.tile, samples: request.samples, sums: [Float](repeating: 0, count: 3 * request.recordCount),
            rays: [UInt16](repeating: 0, count: request.recordCount))
        records.layers = [Float](repeating: 0, count: request.recordCount * request.settings.layers.floats)
        state = Mutex(
            State(
                shares: ShareBook(units: plan.units, members: members), records: records,
                current: [(weight: Double, progress: RenderProgress)](
                    repeating: (0, RenderProgress(permille: 0, rays: 0)), count: members), working: members))
    }

    /// Renders parts on a member until none is left for it.
    func run(_ member: Int, on device: any RenderDevice, _ scene: PreparedScene) {
        while let units = take(member) {
            let part = plan.part(of: request, units)
            let started = LaunchPace.now()
            do throws(RenderError) {
                let rendered = try device.render(scene, part) { step in
                    state.withLock { state in
                        state.current[member].progress = step
                        return state.failure == nil
                    }
                }
                let seconds = Double(LaunchPace.now() - started) * 1e-9
                try put(rendered, part, member, units, seconds)
            } catch {
                fail(error)
                break
            }
        }
        state.withLock { $0.working -= 1 }
    }

    private func take(_ member: Int) -> Range<Int>? {
        state.withLock { state in
            guard state.failure == nil, let units = state.shares.take(member) else { return nil }
            state.current[member] = (Double(units.count) / Double(plan.units), RenderProgress(permille: 0, rays: 0))
            return units
        }
    }

    private func put(_ part: TileRecords, _ request: RenderRequest, _ member: Int, _ units: Range<Int>, _ seconds: Double)
        throws(RenderError)
    {
        guard part.sums.count == 3 * request.recordCount, part.rays.count == request.recordCount else {
            throw .deviceFailed(reason: "its records do not fit its part")
        }
        state.withLock { state in
            plan.copy(part, into: &state.records, units)
            state.records.nonFiniteSamples += part.nonFiniteSamples
            state.rays += part.rays.reduce(0) { $0 + UInt64($1) }
            state.done += state.current[member].weight
            state.current[member] = (0, RenderProgress(permille: 0, rays: 0))
            state.shares.done(member, units: units.count, seconds: seconds)
        }
    }

    /// The first failure is that of the whole; the others stop at their next report.
    func fail(_ error: RenderError) {
        state.withLock { $0.failure = $0.failure ?? error }
    }

    var isOver: Bool { state.withLock { $0.working == 0 } }

    var progress: RenderProgress {
        state.withLock { state in
            let share = state.current.reduce(state.done) { $0 + $1.weight * Double($1.progress.permille) / 1000 }
            let rays = state.current.reduce(state.rays) { $0 + $1.progress.rays }
            return RenderProgress(permille: min(1000, Int(share * 1000 + 0.5)), rays: rays)
        }
    }

    func result() throws(RenderError) -> TileRecords {
        let (failure, records) = state.withLock { ($0.failure, $0.records) }
        if let failure { throw failure }
        return records
    }
}
