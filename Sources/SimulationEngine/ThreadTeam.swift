internal import CHints
internal import Glibc
internal import Synchronization

/// Threads that do one piece of work after the other together.
///
/// Between two pieces they spin for some microseconds, since the next one mostly follows at once, and then sleep.
final class ThreadTeam {
    /// Threads that work, the caller's among them; fewer where the system does not give more.
    var count: Int { threads.count + 1 }
    private let rendezvous = Rendezvous()
    private var threads: [pthread_t] = []

    init(count: Int) {
        for _ in 1..<max(1, count) {
            var thread = pthread_t()
            let seat = Unmanaged.passRetained(rendezvous)
            guard pthread_create(&thread, nil, threadMain, seat.toOpaque()) == 0 else {
                seat.release()
                break
            }
            threads.append(thread)
        }
    }

    deinit {
        rendezvous.dismiss()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Does the shares 0 to `shares` - 1 of some work, each once, on whichever thread is free; returns when all are done.
    func perform(shares: Int, _ work: @Sendable (Int) -> Void) {
        withoutActuallyEscaping(work) { work in
            rendezvous.begin(work, shares: shares, helpers: threads.count)
            rendezvous.takeShares(work)
            rendezvous.awaitEnd()
        }
    }
}

/// Where threads wait for work, and their caller for its end.
///
/// `@unchecked Sendable`: what is not atomic is guarded by the mutex.
private final class Rendezvous: @unchecked Sendable {
    /// Looks at a number before it sleeps: some tens of microseconds, which is what waking a thread costs.
    private static let spins = 4_000

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: (@Sendable (Int) -> Void)?
    /// Counts the pieces of work.
    private let round = Atomic<Int>(0)
    /// Threads that have not finished the current one.
    private let busy = Atomic<Int>(0)
    private let nextShare = Atomic<Int>(0)
    private let shareCount = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func begin(_ work: @escaping @Sendable (Int) -> Void, shares: Int, helpers: Int) {
        locked {
            self.work = work
            nextShare.store(0, ordering: .relaxed)
            shareCount.store(shares, ordering: .relaxed)
            busy.store(helpers, ordering: .relaxed)
            round.wrappingAdd(1, ordering: .releasing)
            pthread_cond_broadcast(changed)
        }
    }

    func takeShares(_ work: (Int) -> Void) {
        while true {
            let share = nextShare.wrappingAdd(1, ordering: .relaxed).oldValue
            guard share < shareCount.load(ordering: .relaxed) else { return }
            work(share)
        }
    }

    func awaitEnd() {
        wait { busy.load(ordering: .acquiring) == 0 }
        locked { work = nil }
    }

    func dismiss() {
        locked {
            isOver.store(true, ordering: .releasing)
            pthread_cond_broadcast(changed)
        }
    }

    /// A thread's life.
    func help() {
        var done = 0
        while true {
            wait { round.load(ordering: .acquiring) != done || isOver.load(ordering: .acquiring) }
            if isOver.load(ordering: .acquiring) { return }
            done += 1
            helpOnce()
            locked {
                if busy.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { pthread_cond_broadcast(changed) }
            }
        }
    }

    /// Nothing of the work is held when it returns.
    private func helpOnce() {
        if let work = locked({ work }) { takeShares(work) }
    }

    private func wait(until isTrue: () -> Bool) {
        for _ in 0..<Rendezvous.spins {
            if isTrue() { return }
            pause_briefly()
        }
        locked { while !isTrue() { pthread_cond_wait(changed, mutex) } }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// A C callback: outside any actor.
private nonisolated func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<Rendezvous>.fromOpaque(context).takeRetainedValue().help()
    return nil
}
