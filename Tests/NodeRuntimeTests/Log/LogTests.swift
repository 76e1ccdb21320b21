import Testing

@testable import NodeRuntime

@Suite("Log")
struct LogTests {
    private let time = WallClock(nanoseconds: 1_700_000_000_123_456_789)

    @Test func textIsOneLine() {
        let line = LogLine.make(
            .text, time: time, level: "info", message: "two\nlines", fields: [("job", "abc"), ("reason", "not \"so\" good"), ("empty", "")])
        #expect(line == #"2023-11-14T22:13:20.123Z info     "two\nlines" job=abc reason="not \"so\" good" empty="""# + "\n")
    }

    @Test func jsonIsOneObject() throws {
        let line = LogLine.make(.json, time: time, level: "warning", message: "peer broke a protocol", fields: [("peer", "12D3")])
        #expect(
            line == #"{"time":"2023-11-14T22:13:20.123Z","level":"warning","message":"peer broke a protocol","peer":"12D3"}"# + "\n")
    }

    @Test func datesAreThoseOfTheCalendar() {
        #expect(WallClock(nanoseconds: 0).text == "1970-01-01T00:00:00.000Z")
        #expect(WallClock(nanoseconds: 951_782_399_999_000_000).text == "2000-02-28T23:59:59.999Z")
        #expect(WallClock(nanoseconds: 951_782_400_000_000_000).text == "2000-02-29T00:00:00.000Z")
    }

    @Test func theRingKeepsTheNewest() {
        var ring = EventRing(countMax: 3)
        for number in 0..<5 { ring.append(.init(time: time, text: "\(number)")) }
        #expect(ring.list.map(\.text) == ["2", "3", "4"])
    }
}
