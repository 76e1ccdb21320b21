internal import CUV

/// Runs slow work (hashing, disk, compression) on libuv's threads and brings the results back to the loop.
///
/// All queues and name lookups of a process share those threads, four unless the environment says `UV_THREADPOOL_SIZE`. A queue
/// with `concurrencyMax` 1 is serial: its work runs in the order of submission, one after the other, as a database needs it.
///
/// When the loop shuts down, work that waits is dropped, work that runs is waited for, and its result is dropped.
public final class WorkQueue {
    public struct Parameters: Sendable {
        /// Pieces of work on threads at the same time. More than the pool has threads starves name lookups.
        public var concurrencyMax = 2
        /// Pieces of work that wait for a thread; further ones are refused.
        public var waitingMax = 1024

        public init(concurrencyMax: Int = 2, waitingMax: Int = 1024) {
            self.concurrencyMax = concurrencyMax
            self.waitingMax = waitingMax
        }
    }

    public let parameters: Parameters
    private let loop: EventLoop
    private var waiting: [WorkRequest] = []
    private var waitingHead = 0
    public private(set) var runningCount = 0

    public var waitingCount: Int { waiting.count - waitingHead }

    public init(loop: EventLoop, _ parameters: Parameters = Parameters()) {
        precondition(parameters.concurrencyMax > 0 && parameters.waitingMax >= 0, "a queue runs at least one piece of work")
        self.loop = loop
        self.parameters = parameters
    }

    /// - Parameters:
    ///   - work: runs on another thread.
    ///   - deliver: runs on the loop with the result.
    /// - Returns: false, and neither runs, where the queue is full or the loop is closing.
    public func submit<R: Sendable>(_ work: @escaping @Sendable () -> R, deliver: @escaping (R) -> Void) -> Bool {
        guard !loop.isClosing else { return false }
        let mayRun = runningCount < parameters.concurrencyMax
        guard mayRun || waitingCount < parameters.waitingMax else { return false }
        let request = TypedWorkRequest(queue: self, work: work, deliver: deliver)
        if mayRun { start(request) } else { waiting.append(request) }
        return true
    }

    private func start(_ request: WorkRequest) {
        runningCount += 1
        loop.requestCount += 1
        request.raw.pointee.data = Unmanaged.passRetained(request).toOpaque()
        let status = uv_queue_work(
            loop.raw, request.raw,
            { raw in
                guard let data = raw?.pointee.data else { return }
                Unmanaged<WorkRequest>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.perform() }
            },
            { raw, _ in
                guard let data = raw?.pointee.data else { return }
                let request = Unmanaged<WorkRequest>.fromOpaque(data).takeRetainedValue()
                request.queue.finished(request)
            })
        precondition(status == 0, "uv_queue_work refuses only a missing callback")
    }

    private func finished(_ request: WorkRequest) {
        runningCount -= 1
        loop.requestCount -= 1
        if loop.isClosing {
            waiting = []
            waitingHead = 0
            return
        }
        if waitingHead < waiting.count {
            start(waiting[waitingHead])
            waitingHead += 1
            if waitingHead == waiting.count || waitingHead >= 256 {
                waiting.removeSubrange(..<waitingHead)
                waitingHead = 0
            }
        }
        request.deliverResult()
    }
}

/// One piece of work. The loop's thread makes it and takes its result; the worker's thread has it alone in between, which libuv
/// orders.
private class WorkRequest {
    let raw = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
    let queue: WorkQueue

    init(queue: WorkQueue) { self.queue = queue }

    deinit { raw.deallocate() }

    func perform() {}
    func deliverResult() {}
}

private final class TypedWorkRequest<R: Sendable>: WorkRequest {
    private let work: @Sendable () -> R
    private let deliver: (R) -> Void
    private var result: R?

    init(queue: WorkQueue, work: @escaping @Sendable () -> R, deliver: @escaping (R) -> Void) {
        self.work = work
        self.deliver = deliver
        super.init(queue: queue)
    }

    override func perform() { result = work() }

    override func deliverResult() {
        guard let result else { return }
        deliver(result)
    }
}
