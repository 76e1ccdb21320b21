internal import Glibc
internal import Synchronization

/// Runs one piece of work on several threads while the caller reports progress.
enum WorkerThreads {
    /// How often progress is reported, in nanoseconds.
    static let reportInterval = 100_000_000

    /// Gives whether the work was finished; false where `progress` asked to stop. Returns after all threads have ended.
    static func run(_ count: Int, _ work: NativeWork, progress: (RenderProgress) -> Bool) -> Bool {
        // Small work is done at once: a thread costs more than it.
        if count == 1 || work.unitCount == 1 { return runAlone(work, progress) }
        var threads: [pthread_t] = []
        for _ in 0..<min(count, work.unitCount) {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(work)
            if pthread_create(&thread, nil, threadMain, context.toOpaque()) == 0 {
                threads.append(thread)
            } else {
                context.release()
            }
        }
        if threads.isEmpty { return runAlone(work, progress) }
        var running = true
        var pause = 1_000_000
        while running, work.done.load(ordering: .acquiring) < work.unitCount {
            work.end.wait(nanoseconds: pause)
            pause = min(pause * 2, reportInterval)
            running = report(work, progress)
        }
        if !running { work.stop.store(true, ordering: .relaxed) }
        for thread in threads { pthread_join(thread, nil) }
        return running
    }

    /// On the caller's thread, reporting between units.
    private static func runAlone(_ work: NativeWork, _ progress: (RenderProgress) -> Bool) -> Bool {
        var lastReport = now()
        while work.done.load(ordering: .relaxed) < work.unitCount {
            work.workOnce()
            if now() - lastReport > reportInterval {
                lastReport = now()
                if !report(work, progress) { return false }
            }
        }
        return report(work, progress)
    }

    private static func report(_ work: NativeWork, _ progress: (RenderProgress) -> Bool) -> Bool {
        let done = work.done.load(ordering: .relaxed)
        return progress(RenderProgress(permille: done * 1000 / max(1, work.unitCount), rays: work.rays.load(ordering: .relaxed)))
    }

    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// Wakes the thread that waits for the others: a render ends when its last unit does, not at the next report.
///
/// `@unchecked Sendable`: what it holds is guarded by the mutex.
final class EndOfWork: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var hasCome = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func signal() {
        pthread_mutex_lock(mutex)
        hasCome = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Returns at the signal or after this time; may return early.
    func wait(nanoseconds: Int) {
        let until = WorkerThreads.now() + nanoseconds
        var time = timespec(tv_sec: until / 1_000_000_000, tv_nsec: until % 1_000_000_000)
        pthread_mutex_lock(mutex)
        if !hasCome { pthread_cond_timedwait(condition, mutex, &time) }
        pthread_mutex_unlock(mutex)
    }
}

/// A C callback: outside any actor.
private nonisolated func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<NativeWork>.fromOpaque(context).takeRetainedValue().work()
    return nil
}
