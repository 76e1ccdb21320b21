import Testing

@testable import NodeRuntime

@Suite("Line splitter")
struct LineSplitterTests {
    private func feed(_ splitter: inout LineSplitter, _ text: String) -> [String] {
        Array(text.utf8).withUnsafeBytes { splitter.append($0) }
    }

    @Test func linesComeWholeHoweverTheyArrive() {
        var splitter = LineSplitter()
        #expect(feed(&splitter, "lis") == [])
        #expect(feed(&splitter, "tening a\nlist") == ["listening a"])
        #expect(feed(&splitter, "ening b\n\nx\n") == ["listening b", "", "x"])
        #expect(splitter.rest() == nil)
        #expect(feed(&splitter, "end") == [])
        #expect(splitter.rest() == "end")
    }

    @Test func aLineWithoutEndIsHandedOutInPieces() {
        var splitter = LineSplitter(sizeMax: 4)
        #expect(feed(&splitter, "abcdefghij\n") == ["abcd", "efgh", "ij"])
    }
}
