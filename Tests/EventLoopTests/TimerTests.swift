import EventLoop
import Testing

@Suite struct TimerTests {
    @Test func firesInTheOrderOfDeadlinesAndNeverEarly() throws {
        try withLoop { loop in
            let start = loop.now
            var fired: [Int] = []
            var early = 0
            let timers = try [30, 10, 20].map { milliseconds in
                let deadline = start + UInt64(milliseconds) * 1_000_000 + 1
                let timer = try Timer(loop: loop) {
                    if loop.now < deadline { early += 1 }
                    fired.append(milliseconds)
                }
                timer.arm(at: deadline)
                return timer
            }
            try #require(try loop.run(for: patience) { fired.count == 3 })
            #expect(fired == [10, 20, 30])
            #expect(early == 0)
            #expect(timers.allSatisfy { $0.deadline == nil })
        }
    }

    @Test func aPassedDeadlineFiresInTheNextTurn() throws {
        try withLoop { loop in
            var fired = 0
            let timer = try Timer(loop: loop) { fired += 1 }
            timer.arm(at: 0)
            #expect(fired == 0, "never from inside the call")
            try #require(try loop.run(for: patience) { fired > 0 })
            loop.poll()
            #expect(fired == 1)
        }
    }

    @Test func armingAgainReplacesAndDisarmingCancels() throws {
        try withLoop { loop in
            var fired: [String] = []
            let replaced = try Timer(loop: loop) { fired.append("replaced") }
            let cancelled = try Timer(loop: loop) { fired.append("cancelled") }
            replaced.arm(at: loop.now + 1_000_000)
            replaced.arm(at: .max)
            cancelled.arm(at: loop.now + 1_000_000)
            cancelled.disarm()
            let last = try Timer(loop: loop) { fired.append("last") }
            last.arm(at: loop.now + 30_000_000)
            try #require(try loop.run(for: patience) { fired.contains("last") })
            #expect(fired == ["last"])
            #expect(replaced.deadline == .max)
            #expect(cancelled.deadline == nil)
        }
    }

    @Test func canBeArmedFromItsOwnCallback() throws {
        try withLoop { loop in
            var count = 0
            var timer: Timer?
            timer = try Timer(loop: loop) {
                count += 1
                if count < 5 { timer?.arm(at: loop.now) }
            }
            timer?.arm(at: loop.now)
            try #require(try loop.run(for: patience) { count == 5 })
            #expect(timer?.deadline == nil)
            timer?.close()
            timer?.arm(at: loop.now)
            #expect(timer?.deadline == nil)
        }
    }
}
