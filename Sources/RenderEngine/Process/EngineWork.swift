internal import Glibc
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A request that is ready to be carried out.
enum EngineJob: Sendable {
    case load(scene: UInt32, manifest: [UInt8], blocks: [CID: [UInt8]], memoryMax: UInt64, keepsBlocks: Bool)
    case drop(scene: UInt32)
    case prepare(id: UInt32, scene: UInt32, frame: UInt32)
    case render(id: UInt32, scene: UInt32, request: RenderRequest)
    case recompute(id: UInt32, scene: UInt32, request: RenderRequest, places: [RecordPlace])
    case mark(id: UInt32, scene: UInt32, order: MarkOrder)
    /// A scene that grew beyond its memory while it arrived.
    case refuse(scene: UInt32, reason: String)

    func refusal(_ reason: String) -> EngineResponse {
        switch self {
        case .load(let scene, _, _, _, _), .drop(let scene), .refuse(let scene, _): .sceneFailed(scene: scene, reason: reason)
        case .prepare(let id, _, _), .render(let id, _, _), .recompute(let id, _, _, _), .mark(let id, _, _):
            .failed(id: id, cancelled: false, reason: reason)
        }
    }
}

/// Jobs on their way from the reading to the working thread.
///
/// `@unchecked Sendable`: all state is behind the lock, a pthread mutex because the working thread waits on a condition.
final class EngineWork: @unchecked Sendable {
    /// Jobs that may wait; a node sends one at a time.
    static let capacity = 64

    private var jobs: [EngineJob] = []
    /// Requests that were cancelled, the latest last; the oldest are over.
    private var cancelled: [UInt32] = []
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let arrived: UnsafeMutablePointer<pthread_cond_t>

    init() {
        lock = .allocate(capacity: 1)
        arrived = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(lock)
        arrived.deallocate()
        lock.deallocate()
    }

    /// False where the queue is full.
    func add(_ job: EngineJob) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        guard jobs.count < EngineWork.capacity else { return false }
        jobs.append(job)
        pthread_cond_signal(arrived)
        return true
    }

    func cancel(_ id: UInt32) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if cancelled.count >= 2 * EngineWork.capacity { cancelled.removeFirst(EngineWork.capacity) }
        cancelled.append(id)
    }

    func isCancelled(_ id: UInt32) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return cancelled.contains(id)
    }

    /// Waits for the next job.
    func take() -> EngineJob {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while jobs.isEmpty { pthread_cond_wait(arrived, lock) }
        return jobs.removeFirst()
    }
}
