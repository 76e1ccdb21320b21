internal import Glibc

/// Threads that do one piece of work after the other together, and sleep in between.
final class ThreadTeam {
    /// Threads that work, the caller's among them.
    let count: Int
    private let rendezvous = Rendezvous()
    private var threads: [pthread_t] = []

    /// Where the system gives fewer threads, the caller does the shares of those that are missing.
    init(count: Int) {
        self.count = max(1, count)
        for share in 1..<max(1, count) {
            var thread = pthread_t()
            let seat = Unmanaged.passRetained(Seat(rendezvous, share: share))
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

    /// Does the shares 0 to `count` - 1 of some work, each on a thread of its own; returns when all are done.
    func perform(_ work: @Sendable (Int) -> Void) {
        withoutActuallyEscaping(work) { work in
            rendezvous.begin(work, shares: threads.count)
            work(0)
            for share in (threads.count + 1)..<max(threads.count + 1, count) { work(share) }
            rendezvous.awaitEnd()
        }
    }
}

/// Where threads wait for work, and their caller for its end.
///
/// `@unchecked Sendable`: what it holds is guarded by the mutex.
private final class Rendezvous: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: (@Sendable (Int) -> Void)?
    /// Counts the pieces of work.
    private var round: UInt64 = 0
    private var sharesLeft = 0
    private var isOver = false

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

    func begin(_ work: @escaping @Sendable (Int) -> Void, shares: Int) {
        locked {
            self.work = work
            sharesLeft = shares
            round += 1
            pthread_cond_broadcast(changed)
        }
    }

    func awaitEnd() {
        locked {
            while sharesLeft > 0 { pthread_cond_wait(changed, mutex) }
            work = nil
        }
    }

    func dismiss() {
        locked {
            isOver = true
            pthread_cond_broadcast(changed)
        }
    }

    /// A thread's life: its share of each piece of work.
    func work(on share: Int) {
        var done: UInt64 = 0
        while doShare(share, after: done) {
            done += 1
            locked {
                sharesLeft -= 1
                if sharesLeft == 0 { pthread_cond_broadcast(changed) }
            }
        }
    }

    /// False where there is no more to do. Nothing of the work is held when it returns.
    private func doShare(_ share: Int, after done: UInt64) -> Bool {
        let next: (@Sendable (Int) -> Void)? = locked {
            while round == done, !isOver { pthread_cond_wait(changed, mutex) }
            return isOver ? nil : work
        }
        next?(share)
        return next != nil
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// What a thread is told at its beginning.
private final class Seat: Sendable {
    let rendezvous: Rendezvous
    let share: Int

    init(_ rendezvous: Rendezvous, share: Int) {
        self.rendezvous = rendezvous
        self.share = share
    }
}

/// A C callback: outside any actor.
private nonisolated func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let seat = Unmanaged<Seat>.fromOpaque(context).takeRetainedValue()
    seat.rendezvous.work(on: seat.share)
    return nil
}
