import Testing

@testable import Determinism

@Suite struct GeneratorTests {
    @Test func repeatsForASeed() {
        var a = Generator(seed: 42)
        var b = Generator(seed: 42)
        var c = Generator(seed: 43)
        let first = (0..<100).map { _ in a.next() }
        #expect(first == (0..<100).map { _ in b.next() })
        #expect(first != (0..<100).map { _ in c.next() })
        #expect(Set(first).count == 100)
    }

    /// Frozen: every recorded simulation depends on it.
    @Test func firstNumbersAreFixed() {
        var zero = Generator(seed: 0)
        // xoshiro256** with a state from SplitMix64 of 0, as the authors' programs give it.
        #expect((0..<3).map { _ in zero.next() } == [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0])
    }

    @Test func forksAreIndependentOfDraws() {
        var parent = Generator(seed: 1)
        var before = parent.fork("gossip")
        var other = parent.fork("kad")
        var numbered = parent.fork(7)
        var after = parent.fork("gossip")
        let draws = (0..<10).map { _ in before.next() }
        #expect(draws == (0..<10).map { _ in after.next() })
        #expect(draws != (0..<10).map { _ in other.next() })
        #expect(draws != (0..<10).map { _ in numbered.next() })
        _ = parent.next()
    }

    @Test func unitsAreUniform() {
        var generator = Generator(seed: 3)
        var buckets = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let value = generator.unit()
            #expect(value >= 0 && value < 1)
            buckets[Int(value * 10)] += 1
        }
        // Nine degrees of freedom; 33.7 is exceeded once in ten thousand seeds.
        let chiSquare = buckets.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
        #expect(chiSquare < 33.7)
    }
}

@Suite struct InstantTests {
    @Test func arithmeticSaturates() {
        let late = Instant.distantFuture
        #expect(late + .seconds(1) == late)
        #expect(Instant.origin - .seconds(1) == .origin)
        #expect(Instant.origin - late == .zero)
        #expect(Instant(nanoseconds: 5) + .seconds(-1) == Instant(nanoseconds: 5))
        #expect(Instant(nanoseconds: 7) - Instant(nanoseconds: 3) == .nanoseconds(4))
        #expect(Instant.origin + Duration(secondsComponent: .max, attosecondsComponent: 0) == late)
    }

    @Test func durations() {
        #expect(Duration.milliseconds(1500).nanosecondsClamped == 1_500_000_000)
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
        let extremes: [Duration] = [.zero, .nanoseconds(1), .nanoseconds(-1), .seconds(Int64.max), .seconds(Int64.min)]
        for duration in extremes + (0..<1000).map({ .nanoseconds(Int64($0) * 9_007_199_254_740_993) }) {
            let (seconds, attoseconds) = duration.components
            #expect(duration.inSeconds == Double(seconds) + Double(attoseconds) * 1e-18)
        }
        #expect(Duration.seconds(-1).nanosecondsClamped == 0)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: -1).nanosecondsClamped == 0)
        #expect(Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999).nanosecondsClamped == 1)
        // Around the word that its 128 bits are cut at, and around the largest.
        for seconds in [18, 19, 20, 3600, 18_446_744_072] as [Int64] {
            #expect(Duration.seconds(seconds).nanosecondsClamped == UInt64(seconds) * 1_000_000_000)
            #expect((Duration.seconds(seconds) - .nanoseconds(1)).nanosecondsClamped == UInt64(seconds) * 1_000_000_000 - 1)
        }
        #expect(Duration.seconds(18_446_744_074).nanosecondsClamped == .max)
        #expect(earliest(nil, nil) == nil)
        #expect(earliest(.origin, nil) == .origin)
        #expect(earliest(.distantFuture, .origin) == .origin)
    }
}

@Suite struct ReleaseSlackTests {
    @Test func aLargePastLeavesNoRoomBehind() {
        var numbers = Array(0..<1000)
        numbers.removeAll { $0 > 4 }
        numbers.releaseSlack()
        #expect(numbers == [0, 1, 2, 3, 4])
        #expect(numbers.capacity < 32)
    }

    /// Else growing and shrinking around one size would cost a copy each.
    @Test func whatIsMostlyInUseStaysWhereItIs() {
        var numbers = Array(0..<400)
        numbers.reserveCapacity(1000)
        let room = numbers.capacity
        numbers.releaseSlack()
        #expect(numbers.capacity == room)
        #expect(numbers.count == 400)
    }
}

@Suite struct BoundedQueueTests {
    @Test func keepsOrderAndRefusesWhenFull() {
        var queue = BoundedQueue<Int>(countMax: 3)
        #expect(queue.popFirst() == nil)
        let taken = (0..<4).map { queue.append($0) }
        #expect(taken == [true, true, true, false])
        #expect(queue.isFull)
        #expect(queue.popFirst() == 0)
        let again = queue.append(3)
        #expect(again)
        #expect((0..<3).map { _ in queue.popFirst() } == [1, 2, 3])
        #expect(queue.isEmpty)
    }

    /// Against an array, through growth and wrapping.
    @Test func behavesAsAnArray() {
        var generator = Generator(seed: 9)
        var queue = BoundedQueue<UInt64>(countMax: 50)
        var model: [UInt64] = []
        for _ in 0..<5000 {
            if generator.chance(0.55) {
                let value = generator.next()
                #expect(queue.append(value) == (model.count < 50))
                if model.count < 50 { model.append(value) }
            } else {
                #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(queue.count == model.count)
        }
    }
}
