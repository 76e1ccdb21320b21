import Testing

@testable import Wire

@Suite struct ByteTests {
    @Test(
        arguments: [
            (0, [0x00]), (1, [0x01]), (127, [0x7f]), (128, [0x80, 0x01]), (255, [0xff, 0x01]), (300, [0xac, 0x02]),
            (16384, [0x80, 0x80, 0x01]),
            (UInt64.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] as [(UInt64, [UInt8])])
    func varints(value: UInt64, bytes: [UInt8]) throws {
        var writer = ByteWriter()
        writer.writeVarint(value)
        #expect(writer.bytes == bytes)
        #expect(ByteWriter.varintSize(value) == bytes.count)
        var reader = ByteReader(bytes)
        #expect(try reader.readVarint() == value)
        #expect(reader.isAtEnd)
        for count in 0..<bytes.count {
            var short = ByteReader(bytes.prefix(count))
            #expect(throws: WireError.truncated) { try short.readVarint() }
        }
    }

    @Test(
        arguments: [
            [0x80, 0x00], [0x81, 0x80, 0x00], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] as [[UInt8]])
    func varintsThatAreTooLongOrNotShortest(bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        #expect(throws: WireError.malformedVarint) { try reader.readVarint() }
    }

    @Test func integersAndHashesOfFixedSize() {
        var writer = ByteWriter()
        writer.writeBigEndian(UInt16(0x0102))
        writer.writeLittleEndian(UInt32(0x0403_0201))
        writer.write(Bytes32(Array(1...32)) ?? .zero)
        #expect(writer.bytes == [1, 2, 1, 2, 3, 4] + Array(1...32))
    }

    @Test func lengthsAreCheckedBeforeTheyAreBelieved() {
        var long = ByteReader([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0])
        #expect(throws: WireError.outOfBounds) { try long.readLengthPrefixed(max: 100) }
        var short = ByteReader([5, 1, 2])
        #expect(throws: WireError.truncated) { try short.readLengthPrefixed(max: 100) }
        var negative = ByteReader([1])
        #expect(throws: WireError.outOfBounds) { try negative.readSlice(-1) }
    }

    @Test func integersOfFixedSize() throws {
        var writer = ByteWriter()
        writer.writeBigEndian(UInt32(0x0102_0304))
        writer.writeLittleEndian(UInt16(0x0506))
        writer.writeBigEndian(Int16(-2))
        #expect(writer.bytes == [1, 2, 3, 4, 6, 5, 0xff, 0xfe])
        var reader = ByteReader(writer.bytes)
        #expect(try reader.readBigEndian(UInt32.self) == 0x0102_0304)
        #expect(try reader.readLittleEndian(UInt16.self) == 0x0506)
        #expect(try reader.readBigEndian(Int16.self) == -2)
        #expect(throws: WireError.truncated) { try reader.readBigEndian(UInt8.self) }
        try reader.expectEnd()
    }

    @Test func readersOfSlicesCountFromTheirStart() throws {
        let bytes: [UInt8] = [9, 9, 1, 2, 3]
        var reader = ByteReader(bytes[2...])
        #expect(reader.remaining == 3)
        #expect(try Array(reader.readSlice(2)) == [1, 2])
        #expect(reader.offset == 2)
        #expect(throws: WireError.trailingBytes) { try reader.expectEnd() }
    }

    @Test func thirtyTwoBytes() throws {
        let bytes = (0..<32).map { UInt8($0 * 7) }
        let value = try #require(Bytes32(bytes))
        #expect(value.array == bytes)
        #expect((0..<32).map { value[$0] } == bytes)
        #expect(Bytes32(hex: value.description) == value)
        #expect(Bytes32(bytes.dropLast()) == nil)
        #expect(Bytes32(hex: "zz") == nil)
        var small = bytes
        small[31] &-= 1
        #expect(try #require(Bytes32(small)) < value)
        #expect(value ^ value == .zero)
        #expect(Bytes32.zero.leadingZeroBits == 256)
        #expect(Bytes32(words: 0, 0, 1, 0).leadingZeroBits == 191)
    }
}
