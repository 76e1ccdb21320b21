import LibP2P
import Testing

@testable import NodeRuntime

@Suite struct BandwidthTests {
    private let second: UInt64 = 1_000_000_000
    private func transport(_ number: UInt64) -> TransportID { .accepted(number) }

    @Test func aBucketGivesItsRateAndNoMore() {
        var bucket = TokenBucket(rate: 1000, now: 0)
        #expect(bucket.deadline(now: 0) == nil)
        // Overdrawn by one piece: a second's worth beyond the burst of 250.
        bucket.take(1250, now: 0)
        let due = bucket.deadline(now: 0)
        #expect(due.map { $0 > second && $0 < second + second / 500 } == true)
        let later = bucket.deadline(now: second + second / 500)
        #expect(later == nil)
        // Silence adds up to the burst and not beyond.
        bucket.take(250, now: 100 * second)
        let again = bucket.deadline(now: 100 * second)
        #expect(again != nil)
    }

    /// Over ten seconds: the rate and one burst, in the order in which it came from each connection.
    @Test func sendingIsPaced() {
        var pacer = SendPacer(rate: 10_000, now: 0)
        var sent: [(TransportID, UInt8)] = []
        var bytes = 0
        for number in 0..<200 as Range<UInt8> {
            let piece = [UInt8](repeating: number, count: 1000)
            if pacer.admit(transport(UInt64(number % 3)), piece, now: 0) {
                sent.append((transport(UInt64(number % 3)), number))
                bytes += piece.count
            }
        }
        var now: UInt64 = 0
        while let due = pacer.deadline(now: now), due <= 10 * second {
            now = due
            while let piece = pacer.next(now: now) {
                sent.append((piece.transport, piece.bytes[0]))
                bytes += piece.bytes.count
            }
        }
        #expect((100_000...104_000).contains(bytes))
        #expect(sent.map(\.1) == (0..<UInt8(sent.count)).map { $0 })
        #expect(pacer.waitingBytes == 200_000 - bytes)
        #expect(pacer.heldCount > 190)
    }

    @Test func aClosingConnectionSaysItsLastWordsAtOnce() {
        var pacer = SendPacer(rate: 100, now: 0)
        for number in 0..<9 as Range<UInt8> { _ = pacer.admit(transport(UInt64(number % 3)), [number], now: 0) }
        _ = pacer.admit(transport(0), [UInt8](repeating: 90, count: 1000), now: 0)
        for number in 10..<16 as Range<UInt8> {
            let isWritten = pacer.admit(transport(UInt64(number % 3)), [number], now: 0)
            #expect(!isWritten)
        }
        let words = pacer.release(transport(1), now: 0)
        #expect(words == [[10], [13]])
        #expect(pacer.waitingBytes == 4)
        var left: [UInt8] = []
        while let due = pacer.deadline(now: 100 * second) {
            guard let piece = pacer.next(now: due) else { break }
            left += piece.bytes
        }
        #expect(left == [11, 12, 14, 15])
    }

    @Test func readingIsPaced() throws {
        var pacer = ReceivePacer(rate: 1000, now: 0)
        let held = [(UInt64(1), 100), (2, 1150), (3, 0)].map { pacer.took($1, from: transport($0), now: 0) }
        #expect(held == [false, true, true])
        let early = pacer.due(now: second / 2)
        #expect(early == [])
        let deadline = pacer.deadline(now: second / 2)
        let due = try #require(deadline)
        let released = pacer.due(now: due)
        #expect(released == [transport(2), transport(3)])
        let next = pacer.deadline(now: 2 * second)
        #expect(next == nil)
    }

    @Test func withoutACapNothingWaits() {
        var sending = SendPacer(rate: nil, now: 0)
        var receiving = ReceivePacer(rate: nil, now: 0)
        for _ in 0..<100 {
            let isWritten = sending.admit(transport(1), [UInt8](repeating: 0, count: 1 << 20), now: 0)
            let isHeld = receiving.took(1 << 20, from: transport(1), now: 0)
            #expect(isWritten && !isHeld)
        }
        let deadlines = [sending.deadline(now: 0), receiving.deadline(now: 0)]
        #expect(deadlines == [nil, nil])
    }
}
