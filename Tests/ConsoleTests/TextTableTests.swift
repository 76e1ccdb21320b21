import Testing

@testable import Console

@Suite("Tables and figures")
struct TextTableTests {
    @Test func figuresAreShort() {
        #expect(Figures.short(999) == "999")
        #expect(Figures.short(29_041_123) == "29.0 M")
        #expect(Figures.bytes(1536) == "1.5 KiB")
        #expect(Figures.decimal(-0.05, places: 1) == "-0.1")
        #expect(Figures.decimal(2.999, places: 2) == "3.00")
        #expect(Figures.decimal(-0.001, places: 2) == "0.00")
        #expect(Figures.decimal(.nan, places: 2) == "-")
    }

    @Test func columnsAreAsWideAsTheirWidestEntry() {
        let table = TextTable(header: ["A", "NUMBER"], rows: [["long", "1"], ["b", "22"]], rightAligned: [1])
        #expect(table.text == "A     NUMBER\nlong       1\nb         22")
    }
}
