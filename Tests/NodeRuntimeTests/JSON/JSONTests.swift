import Foundation
import Testing

@testable import NodeRuntime

@Suite("JSON")
struct JSONTests {
    @Test func valuesAreWritten() {
        let value = JSON.object([
            "z": .integer(-1), "a": .array([.null, .boolean(true), .boolean(false), .number(0.1), .number(.infinity), .number(-.nan)]),
            "t": .text("a\"b\\c\n\r\t\u{1}é\u{1f600}"), "e": .object([:]), "l": .array([]),
        ])
        #expect(
            value.text
                == #"{"z":-1,"a":[null,true,false,0.1,null,null],"t":"a\"b\\c\n\r\t\u0001é😀","e":{},"l":[]}"#)
    }

    @Test(arguments: [0, -0.0, 1, 1e300, 1e-300, .pi, -123456.789, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
    func numbersReadBackAsTheyWere(number: Double) throws {
        let text = JSON.array([.number(number)]).text
        let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Double])
        #expect(read == [number])
    }

    @Test func everyScalarReadsBack() throws {
        let text = String(String.UnicodeScalarView((0...0x2ff).compactMap(Unicode.Scalar.init)))
        let read = try JSONSerialization.jsonObject(with: Data(JSON.array([.text(text)]).text.utf8)) as? [String]
        #expect(read == [text])
    }

    @Test(arguments: [
        "null", "true", "[]", "{}", "-0", "12", "9223372036854775807", "1.5", "-2.5e+3", #""a\"b""#, #"[1,[2,{"x":[]}],"y"]"#,
        #"{"b":1,"a":{"c":null}}"#,
    ])
    func whatIsWrittenReadsBack(text: String) throws {
        let value = try JSON(parsing: Array(text.utf8), sizeMax: 1000)
        #expect(try JSON(parsing: Array(value.text.utf8), sizeMax: 1000) == value)
    }

    @Test func membersKeepTheirOrderAndSpaceIsSkipped() throws {
        let value = try JSON(parsing: Array(" { \"b\" : 1 ,\n\t\"a\" : [ true , null ] } ".utf8), sizeMax: 1000)
        #expect(value.text == #"{"b":1,"a":[true,null]}"#)
    }

    @Test func escapesAreRead() throws {
        let value = try JSON(parsing: Array(#""\u00e9\ud83d\ude00\n\/\b\f""#.utf8), sizeMax: 1000)
        #expect(value == .text("é😀\n/\u{8}\u{c}"))
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "[1,]", "[1", "{", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "+1", "1.", ".5", "-", "1e", "0x1", "\"a",
        "\"\u{1}\"",
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "1 2", "[1] x", "1e999", "nan",
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8), sizeMax: 1000) }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xff, 0x22], sizeMax: 1000) }
    }

    @Test func depthAndSizeAreBounded() throws {
        let deepest = JSON.depthMax
        _ = try JSON(
            parsing: Array(String(repeating: "[", count: deepest).utf8) + Array(String(repeating: "]", count: deepest).utf8), sizeMax: 1000)
        let deeper = [UInt8](repeating: 0x5b, count: 100_000)
        #expect(throws: JSONError.outOfBounds) { try JSON(parsing: deeper, sizeMax: 1_000_000) }
        #expect(throws: JSONError.outOfBounds) { try JSON(parsing: [0x31, 0x31], sizeMax: 1) }
    }

    @Test func everyPrefixAndEveryChangedByteEndsWithoutATrap() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null}],"c":true}"#.utf8)
        for count in text.indices { _ = try? JSON(parsing: Array(text.prefix(count)), sizeMax: 1000) }
        for index in text.indices {
            for byte in stride(from: UInt8(0), through: 255, by: 5) {
                var changed = text
                changed[index] = byte
                _ = try? JSON(parsing: changed, sizeMax: 1000)
            }
        }
        #expect(try JSON(parsing: text, sizeMax: 1000)["a"]?.elements.count == 4)
    }
}
