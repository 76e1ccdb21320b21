import Testing

@testable import Wire

@Suite struct ProtobufTests {
    @Test func encodesAsTheSpecificationDoes() {
        // protobuf.dev, "Encoding": field 1 = 150, field 2 = "testing", field 3 = { 1: 150 }.
        var writer = ProtobufWriter()
        writer.uint64(1, 150)
        writer.string(2, "testing")
        writer.message(3) { $0.uint64(1, 150) }
        #expect(Hex.encode(writer.bytes) == "089601" + "120774657374696e67" + "1a03089601")
    }

    @Test func defaultsAreLeftOutUnlessAskedFor() {
        var writer = ProtobufWriter()
        writer.uint64(1, 0)
        writer.bool(2, false)
        writer.bytes(3, [])
        writer.string(4, "")
        #expect(writer.bytes.isEmpty)
        writer.alwaysUInt64(1, 0)
        writer.message(2) { _ in }
        #expect(writer.bytes == [8, 0, 18, 0])
    }

    @Test func negativeNumbersAreTenBytes() throws {
        var writer = ProtobufWriter()
        writer.int64(1, -1)
        #expect(writer.bytes.count == 11)
        var reader = ProtobufReader(writer.bytes)
        #expect(try reader.next()?.int64() == -1)
    }

    @Test func readsEveryType() throws {
        var writer = ProtobufWriter()
        writer.fixed64(1, 0x0102_0304_0506_0708)
        writer.float(2, 1.5)
        writer.bool(3, true)
        var reader = ProtobufReader(writer.bytes)
        #expect(try reader.next()?.fixed64() == 0x0102_0304_0506_0708)
        #expect(try reader.next()?.float() == 1.5)
        #expect(try reader.next()?.bool() == true)
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [
        ("1001" + "0801", WireError.notCanonical),  // Descending.
        ("0800", .notCanonical),  // A default.
        ("0b", .malformedField),  // A group.
        ("00", .malformedField),  // Field number 0.
        ("0a05", .outOfBounds), ("08", .truncated), ("0901", .truncated), ("0d01", .truncated),
        ("8080808010" + "01", .malformedField),  // A field number beyond 2^29.
    ])
    func refusesWhatIsNotCanonical(hex: String, failure: WireError) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: failure) {
            var reader = ProtobufReader(bytes, canonical: true)
            while try reader.next() != nil {}
        }
    }

    @Test func repeatedFieldsAreCanonical() throws {
        var reader = ProtobufReader([0x08, 0x01, 0x08, 0x02, 0x10, 0x01], canonical: true)
        var numbers: [UInt32] = []
        while let field = try reader.next() { numbers.append(field.number) }
        #expect(numbers == [1, 1, 2])
    }

    @Test func typesAreChecked() throws {
        var reader = ProtobufReader([0x08, 0x02, 0x12, 0x01, 0xff])
        let number = try #require(try reader.next())
        let text = try #require(try reader.next())
        #expect(throws: WireError.malformedField) { try number.bytes() }
        #expect(throws: WireError.outOfBounds) { try number.bool() }
        #expect(throws: WireError.outOfBounds) { try number.int(max: 1) }
        #expect(throws: WireError.malformedField) { try text.uint64() }
        #expect(throws: WireError.malformedText) { try text.string() }
        #expect(throws: WireError.outOfBounds) { try text.bytes(max: 0) }
        #expect(throws: WireError.outOfBounds) { try text.bytes32() }
    }
}
