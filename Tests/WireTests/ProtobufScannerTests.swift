import Determinism
import Testing
import Wire

@Suite struct ProtobufScannerTests {
    private struct Found: Equatable {
        var number: UInt32
        var bytes: [UInt8]?
        var bool: Bool?
    }

    private func read(_ bytes: ArraySlice<UInt8>) -> [Found]? {
        var reader = ProtobufReader(bytes)
        var found: [Found] = []
        do {
            while let field = try reader.next() {
                found.append(Found(number: field.number, bytes: (try? field.bytes(max: 9)).map { Array($0) }, bool: try? field.bool()))
            }
        } catch { return nil }
        return found
    }

    private func scan(_ bytes: [UInt8], _ places: Range<Int>) -> [Found]? {
        var scanner = ProtobufScanner(places)
        var found: [Found] = []
        do {
            while let field = try scanner.next(in: bytes) {
                let slice = (try? field.bytes(max: 9)).map { Array(bytes[$0]) }
                found.append(Found(number: field.number, bytes: slice, bool: try? field.bool()))
            }
        } catch { return nil }
        return found
    }

    /// It takes what the reader takes, and finds the same, whatever the bytes are and wherever they stand.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithTheReader(seed: UInt64) {
        var random = Generator(seed: seed)
        var sound = 0
        for _ in 0..<20_000 {
            var writer = ProtobufWriter()
            for _ in 0..<(random.next() % 5) {
                let number = UInt32(random.next() % 3 == 0 ? random.next() % 600_000_000 : random.next() % 20) + 1
                switch random.next() % 4 {
                case 0: writer.alwaysUInt64(number, random.next() >> (random.next() % 64))
                case 1: writer.fixed64(number, random.next())
                case 2: writer.float(number, Float(random.unit()))
                default: writer.alwaysBytes(number, [UInt8](repeating: 0x81, count: Int(random.next() % 200)))
                }
            }
            var bytes = writer.bytes
            if random.chance(0.5), !bytes.isEmpty {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.chance(0.2) { bytes.removeLast(min(bytes.count, Int(random.next() % 4))) }
            let expected = read(bytes[...])
            #expect(scan([1, 2, 3] + bytes + [4, 5], 3..<(bytes.count + 3)) == expected)
            sound += expected == nil ? 0 : 1
        }
        #expect((5_000..<19_000).contains(sound))
    }
}
