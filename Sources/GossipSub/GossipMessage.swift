internal import Crypto
internal import Identity
internal import Wire

/// One message of a topic, as signed by its author (libp2p/specs pubsub): `docs/protocols/pubsub.proto`.
///
/// Only authors with an Ed25519 key in their id are accepted, and only with all of author, sequence number, topic and signature.
struct GossipMessage: Sendable {
    static let topicSizeMax = 256
    static let signaturePrefix = Array("libp2p-pubsub:".utf8)

    /// Why bytes are no message of this network.
    enum Flaw: Error, Equatable {
        /// Not in the wire form, or beyond its limits.
        case malformed
        /// Without author, sequence number or signature, or with a key that is not the author's.
        case unsigned
        /// Its author has a key of another type: a message that others may well take.
        case unknownAuthor
    }

    /// Ed25519 key of the author.
    var author: Bytes32
    var sequenceNumber: UInt64
    /// Slices of the bytes that were decoded.
    var topic: ArraySlice<UInt8>
    var data: ArraySlice<UInt8>
    var signature: Signature
    /// What the signature covers without its prefix: the fields 1 to 4 as they came, or nil where they came out of order.
    var signedFields: ArraySlice<UInt8>?

    /// Decodes one field `publish` of an RPC. The signature is not verified.
    init(decoding bytes: ArraySlice<UInt8>, dataSizeMax: Int) throws(Flaw) {
        let bytes = Array(bytes)
        try self.init(try Fields(bytes, bytes.indices, dataSizeMax: dataSizeMax), of: bytes)
    }

    init(_ fields: Fields, of bytes: [UInt8]) throws(Flaw) {
        let name = try fields.name(in: bytes)
        guard let signature = fields.signature, let parsed = Signature(bytes[signature]) else { throw .unsigned }
        author = name.author
        sequenceNumber = name.sequenceNumber
        topic = bytes[fields.topic]
        data = bytes[fields.data]
        self.signature = parsed
        // Tag and length of a field of 64 bytes take two bytes.
        signedFields = fields.areOrdered ? bytes[fields.start..<(signature.lowerBound - 2)] : nil
    }

    /// Where in the bytes of an RPC it stands, before anything is made of it.
    struct Fields {
        let start: Int
        var from: Range<Int>?
        var data: Range<Int>
        var sequenceNumber: Range<Int>?
        var topic: Range<Int>
        var signature: Range<Int>?
        var key: Range<Int>?
        /// Each once, in ascending order, and none that is unknown.
        var areOrdered = true

        init(_ bytes: [UInt8], _ places: Range<Int>, dataSizeMax: Int) throws(Flaw) {
            start = places.lowerBound
            data = start..<start
            topic = data
            do { try read(bytes, places, dataSizeMax: dataSizeMax) } catch { throw .malformed }
            guard !topic.isEmpty else { throw .malformed }
        }

        /// What tells the message from others, once everything is there that a signed message has. Most messages come several times,
        /// and end here.
        func name(in bytes: [UInt8]) throws(Flaw) -> (author: Bytes32, sequenceNumber: UInt64) {
            guard let from, let sequenceNumber, let signature else { throw .unsigned }
            guard let id = try? PeerID(bytes: bytes, at: from) else { throw .malformed }
            guard let author = id.ed25519Key else { throw .unknownAuthor }
            guard sequenceNumber.count == 8, signature.count == Signature.size else { throw .unsigned }
            if let key, !key.isEmpty {
                guard key.count == 36, bytes[key].starts(with: [0x08, 0x01, 0x12, 0x20]), Bytes32(bytes[key].suffix(32)) == author else {
                    throw .unsigned
                }
            }
            return (author, bytes.bigEndian(at: sequenceNumber))
        }

        private mutating func read(_ bytes: [UInt8], _ places: Range<Int>, dataSizeMax: Int) throws(WireError) {
            var last: UInt32 = 0
            var scanner = ProtobufScanner(places)
            while let field = try scanner.next(in: bytes) {
                if field.number <= last || field.number > 6 { areOrdered = false }
                last = field.number
                switch field.number {
                case 1: from = try field.bytes(max: 64)
                case 2: data = try field.bytes(max: dataSizeMax)
                case 3: sequenceNumber = try field.bytes()
                case 4: topic = try field.bytes(max: GossipMessage.topicSizeMax)
                case 5: signature = try field.bytes()
                case 6: key = try field.bytes()
                default: break
                }
            }
        }
    }

    func verify(_ signing: Signing) -> Bool {
        var message: [UInt8] = []
        message.reserveCapacity(GossipMessage.signaturePrefix.count + data.count + topic.count + 64)
        message.append(contentsOf: GossipMessage.signaturePrefix)
        if let signedFields {
            message.append(contentsOf: signedFields)
        } else {
            message.append(contentsOf: GossipMessage.fields(author: author, sequenceNumber: sequenceNumber, topic: topic, data: data))
        }
        return signing.verify(signature, of: message, by: author)
    }

    /// The fields 1 to 4 of a message.
    private static func fields(
        author: Bytes32, sequenceNumber: UInt64, topic: some Collection<UInt8>, data: some Collection<UInt8>
    ) -> [UInt8] {
        var writer = ProtobufWriter(reserving: data.count + topic.count + 72)
        writer.bytes(1, PeerID(ed25519: author).bytes)
        writer.bytes(2, data)
        writer.bytes(3, sequenceNumber.bigEndianBytes)
        writer.bytes(4, topic)
        return writer.bytes
    }

    /// A signed message as an RPC that holds nothing else, and where in it the data stands.
    static func frame(signing: Signing, sequenceNumber: UInt64, topic: [UInt8], data: [UInt8]) -> [UInt8] {
        let fields = fields(author: signing.publicKey, sequenceNumber: sequenceNumber, topic: topic, data: data)
        let signature = signing.sign(signaturePrefix + fields)
        var message = ProtobufWriter(reserving: fields.count + 72)
        message.bytes(5, signature.array)
        var writer = ByteWriter(reserving: fields.count + 80)
        writer.write(RPC.publishTag)
        writer.writeVarint(UInt64(fields.count + message.bytes.count))
        writer.write(fields)
        writer.write(message.bytes)
        return writer.bytes
    }

    /// Default message id: author, then sequence number.
    static func id(author: Bytes32, sequenceNumber: UInt64) -> [UInt8] {
        PeerID(ed25519: author).bytes + sequenceNumber.bigEndianBytes
    }

    /// Nil for an id that no message of ours can have.
    static func parse(_ bytes: [UInt8], id: Range<Int>) -> (author: Bytes32, sequenceNumber: UInt64)? {
        guard id.count == 46, let peer = try? PeerID(bytes: bytes, at: id.dropLast(8)), let author = peer.ed25519Key else { return nil }
        return (author, bytes.bigEndian(at: id.suffix(8)))
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at places: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for index in places { value = value << 8 | UInt64(self[index]) }
        return value
    }
}

extension UInt64 {
    var bigEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) } }
}
