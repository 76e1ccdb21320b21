internal import Wire

/// The envelope of everything that peers send each other (libp2p/specs pubsub, gossipsub v1.1): `docs/protocols/pubsub.proto`.
enum RPC {
    static let publishTag: UInt8 = 0x12

    /// What a first walk over an RPC finds, before anything in it is believed.
    struct Outline {
        var subscriptionCount = 0
        var messageCount = 0
        /// In bytes.
        var controlSize = 0
        var hasOther = false

        /// The whole RPC is one message: it can be forwarded as it came.
        var isSingleMessage: Bool { messageCount == 1 && subscriptionCount == 0 && controlSize == 0 && !hasOther }
    }

    static func outline(_ bytes: [UInt8]) throws(WireError) -> Outline {
        var outline = Outline()
        var scanner = ProtobufScanner(bytes.indices)
        while let field = try scanner.next(in: bytes) {
            switch field.number {
            case 1:
                _ = try field.bytes()
                outline.subscriptionCount += 1
            case 2:
                _ = try field.bytes()
                outline.messageCount += 1
            case 3:
                outline.controlSize += try field.bytes().count
                outline.hasOther = true
            default: outline.hasOther = true
            }
        }
        return outline
    }

    /// Of the bytes of an RPC, those at `places`.
    static func subscription(_ bytes: [UInt8], _ places: Range<Int>) throws(WireError) -> (topic: Range<Int>, subscribe: Bool) {
        var topic = 0..<0
        var subscribe = false
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) {
            switch field.number {
            case 1: subscribe = try field.bool()
            case 2: topic = try field.bytes(max: GossipMessage.topicSizeMax)
            default: break
            }
        }
        guard !topic.isEmpty else { throw .missingField }
        return (topic, subscribe)
    }

    /// Topic of a GRAFT.
    static func topic(_ bytes: [UInt8], _ places: Range<Int>) throws(WireError) -> Range<Int> {
        var topic = 0..<0
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) { if field.number == 1 { topic = try field.bytes(max: GossipMessage.topicSizeMax) } }
        return topic
    }

    struct Prune {
        var topic: ArraySlice<UInt8> = []
        /// Seconds.
        var backoff: UInt64?
        var offers: [OfferedPeer] = []

        /// - Parameter offersMax: further offered peers are skipped.
        init(_ bytes: ArraySlice<UInt8>, offersMax: Int) throws(WireError) {
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: topic = try field.bytes(max: GossipMessage.topicSizeMax)
                case 2: if offers.count < offersMax { offers.append(try Prune.offer(try field.bytes())) }
                case 3: backoff = try field.uint64()
                default: break
                }
            }
        }

        private static func offer(_ bytes: ArraySlice<UInt8>) throws(WireError) -> OfferedPeer {
            var offer = OfferedPeer(id: [], record: [])
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: offer.id = try field.bytes(max: 64)
                case 2: offer.record = try field.bytes()
                default: break
                }
            }
            return offer
        }
    }

    // MARK: Frames

    static func subscriptions(_ topics: [[UInt8]], subscribe: Bool) -> [UInt8] {
        var writer = ProtobufWriter()
        for topic in topics {
            writer.message(1) { nested in
                nested.alwaysUInt64(1, subscribe ? 1 : 0)
                nested.bytes(2, topic)
            }
        }
        return writer.bytes
    }

    static func graft(_ topic: [UInt8]) -> [UInt8] {
        control { control in control.message(3) { $0.bytes(1, topic) } }
    }

    static func prune(_ topic: [UInt8], backoff: Duration, offers: [OfferedPeer] = []) -> [UInt8] {
        control { control in
            control.message(4) { nested in
                nested.bytes(1, topic)
                for offer in offers {
                    nested.message(2) { peer in
                        peer.bytes(1, offer.id)
                        peer.bytes(2, offer.record)
                    }
                }
                nested.uint64(3, UInt64(clamping: backoff.components.seconds))
            }
        }
    }

    static func ihave(_ topic: [UInt8], ids: [[UInt8]]) -> [UInt8] {
        control { control in
            control.message(1) { nested in
                nested.bytes(1, topic)
                for id in ids { nested.bytes(2, id) }
            }
        }
    }

    static func iwant(_ ids: [ArraySlice<UInt8>]) -> [UInt8] {
        control { control in control.message(2) { nested in for id in ids { nested.bytes(1, id) } } }
    }

    static func idontwant(_ ids: [[UInt8]]) -> [UInt8] {
        control { control in control.message(5) { nested in for id in ids { nested.bytes(1, id) } } }
    }

    private static func control(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(3, build)
        return writer.bytes
    }

    /// A message that came among others, in an envelope of its own.
    static func frame(_ message: ArraySlice<UInt8>) -> [UInt8] {
        var writer = ByteWriter(reserving: message.count + 6)
        writer.write(publishTag)
        writer.writeLengthPrefixed(message)
        return writer.bytes
    }
}
