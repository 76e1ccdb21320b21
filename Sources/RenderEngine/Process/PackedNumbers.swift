internal import Wire

/// Arrays of numbers as little-endian bytes.
enum PackedNumbers {
    static func pack(_ floats: [Float]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: floats.count * 4)
        bytes.withUnsafeMutableBytes { target in
            for (index, value) in floats.enumerated() {
                target.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
        return bytes
    }

    static func pack(_ shorts: [UInt16]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: shorts.count * 2)
        bytes.withUnsafeMutableBytes { target in
            for (index, value) in shorts.enumerated() {
                target.storeBytes(of: value.littleEndian, toByteOffset: index * 2, as: UInt16.self)
            }
        }
        return bytes
    }

    static func floats(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [Float] {
        guard bytes.count % 4 == 0 else { throw .outOfBounds }
        return bytes.withUnsafeBytes { source in
            (0..<source.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: source.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
    }

    static func shorts(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [UInt16] {
        guard bytes.count % 2 == 0 else { throw .outOfBounds }
        return bytes.withUnsafeBytes { source in
            (0..<source.count / 2).map { UInt16(littleEndian: source.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) }
        }
    }
}
