internal import Kademlia
internal import Wire

extension HeldRecords {
    /// A row of the daemon's own: field 1 when it was written, in seconds since 1970; 2 providers, each a message of key (1), contact (2) and
    /// seconds left (3); 3 values, each of key (1), value (2) and seconds left (3).
    func encoded(at time: WallClock) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.uint64(1, time.seconds)
        for provider in providers {
            writer.message(2) { writer in
                writer.bytes32(1, provider.key)
                writer.message(2) { provider.contact.write(to: &$0) }
                writer.uint64(3, UInt64(clamping: provider.lifetime.components.seconds))
            }
        }
        for value in values {
            writer.message(3) { writer in
                writer.alwaysBytes(1, value.record.key)
                writer.alwaysBytes(2, value.record.value)
                writer.uint64(3, UInt64(clamping: value.lifetime.components.seconds))
            }
        }
        return writer.bytes
    }

    /// What is left of it; a clock that was set back takes nothing off.
    init(encoded: [UInt8], at time: WallClock) throws(WireError) {
        self.init()
        var reader = ProtobufReader(encoded)
        var elapsed: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let written = try field.uint64()
                elapsed = time.seconds > written ? time.seconds - written : 0
            case 2: if let provider = try HeldRecords.provider(try field.bytes(), elapsed: elapsed) { providers.append(provider) }
            case 3: if let value = try HeldRecords.value(try field.bytes(), elapsed: elapsed) { values.append(value) }
            default: throw .outOfBounds
            }
        }
    }

    /// Nil where its time is over.
    private static func lifetime(_ seconds: UInt64, elapsed: UInt64) -> Duration? {
        seconds > elapsed ? .seconds(Int64(clamping: min(seconds - elapsed, 1 << 32))) : nil
    }

    private static func provider(_ bytes: ArraySlice<UInt8>, elapsed: UInt64) throws(WireError) -> Provider? {
        var key: Bytes32?
        var contact: Contact?
        var seconds: UInt64 = 0
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.bytes32()
            case 2: contact = try Contact(row: try field.bytes())
            case 3: seconds = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let key, let contact else { throw .missingField }
        return lifetime(seconds, elapsed: elapsed).map { Provider(key: key, contact: contact, lifetime: $0) }
    }

    private static func value(_ bytes: ArraySlice<UInt8>, elapsed: UInt64) throws(WireError) -> Value? {
        var (key, value): ([UInt8]?, [UInt8]?) = (nil, nil)
        var seconds: UInt64 = 0
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: key = Array(try field.bytes())
            case 2: value = Array(try field.bytes())
            case 3: seconds = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let key, let value else { throw .missingField }
        return lifetime(seconds, elapsed: elapsed).map { Value(key: key, value: value, lifetime: $0) }
    }
}
