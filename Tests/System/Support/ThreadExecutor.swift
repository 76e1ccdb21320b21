import Dispatch

/// Runs the jobs of one task on a thread of its own: a test that waits for processes must not hold one of the few threads that all
/// other tests share.
final class ThreadExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "system test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
