internal import EventLoop
public import RenderModel
public import Roles
public import Wire

/// What becomes of an order.
public enum JobOutcome: Sendable {
    /// The Manager has the whole scene and a plan: the job goes on without us.
    case planned(JobStatus)
    /// All pictures are written.
    case complete(JobStatus)
    /// It ended with tasks missing, or for a reason of its own.
    case ended(JobStatus)
    case interrupted
}

extension ClientSession {
    /// Sends an order and remembers the job.
    ///
    /// - Parameter description: kept for `job ls`.
    public func submit(_ order: JobOrder, _ description: JSON) throws(DaemonError) -> Bytes32 {
        switch try command(.submit(order)) {
        case .submitted(let job):
            try directory.remember(job, description)
            return job
        case .failed(let failure): throw AdminFailure(failure).error
        default: throw DaemonError(.failed, "the client gave an answer that fits no order")
        }
    }

    /// Stays until the Manager needs nothing more of us, or the job is over.
    ///
    /// - Parameter progress: every change of the job's status.
    public func serve(_ job: Bytes32, progress: @escaping (JobStatus) -> Void) throws(DaemonError) -> JobOutcome {
        final class State { var status: JobStatus? }
        let state = State()
        onProgress = { status in
            guard status.job == job else { return }
            state.status = status
            progress(status)
        }
        defer { onProgress = nil }
        while interruption == nil {
            _ = try wait(.seconds(3600)) { state.status.map { $0.phase != .requested && $0.phase != .fetching } ?? false }
            guard let status = state.status, status.phase != .requested, status.phase != .fetching else { continue }
            return status.phase == .failed || status.phase == .cancelled ? .ended(status) : .planned(status)
        }
        return .interrupted
    }

    /// Fetches tiles as they are verified, until the job is over and all of them are here.
    ///
    /// - Parameters:
    ///   - tile: one verified tile: frame, place, raw picture.
    ///   - progress: every change of the job's status.
    public func fetch(
        _ job: Bytes32, tile: @escaping (UInt32, Tile, [UInt8]) throws(DaemonError) -> Void, progress: @escaping (JobStatus) -> Void
    ) throws(DaemonError) -> JobOutcome {
        final class State {
            var answer: RoleAnswer?
            var error: DaemonError?
        }
        let state = State()
        onProgress = { if $0.job == job { progress($0) } }
        daemon.onTile = { of, frame, place, bytes in
            guard of == job, state.error == nil else { return }
            do throws(DaemonError) {
                try tile(frame, place, bytes)
            } catch {
                state.error = error
            }
        }
        defer {
            onProgress = nil
            daemon.onTile = nil
        }
        daemon.command(.client, .fetch(job: job)) { state.answer = $0 }
        while interruption == nil {
            _ = try wait(.seconds(3600)) { state.answer != nil || state.error != nil }
            if let error = state.error { throw error }
            switch state.answer {
            case .delivered(let status): return .complete(status)
            case .failed(.incomplete(let status)): return .ended(status)
            case .failed(let failure): throw AdminFailure(failure).error
            case nil: continue
            default: throw DaemonError(.failed, "the client gave an answer that fits no fetch")
            }
        }
        return .interrupted
    }

    /// The status with all of its tasks, page by page.
    public func status(of job: Bytes32) throws(DaemonError) -> JobStatus {
        var whole: JobStatus?
        while true {
            let first = UInt32(whole?.tasks.count ?? 0)
            switch try ask(.job(JobStatusQuery(job: job, firstTask: first))) {
            case .job(let page):
                guard var status = whole else {
                    whole = page
                    if page.tasks.isEmpty || page.tasks.count >= Int(page.tasksTotal) { return page }
                    continue
                }
                status.tasks += page.tasks
                if page.tasks.isEmpty || status.tasks.count >= Int(status.tasksTotal) { return status }
                whole = status
            case .failed(let failure): throw AdminFailure(failure).error
            default: throw DaemonError(.failed, "the client gave an answer that fits no question")
            }
        }
    }
}
