import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

/// One machine, with a peer that says what the test wants.
struct Lab {
    static let author = Signing.ed25519(KeyPair(seed: Bytes32(Array(0..<32))!))
    static let stranger = Signing.ed25519(KeyPair(seed: Bytes32(Array(32..<64))!))

    var machine: GossipSub
    var topic: TopicID
    var now = Instant.origin
    let peer = PeerHandle(index: 1)

    static func identity(_ number: UInt32) -> PeerID { PeerID(ed25519: Bytes32(words: 0, 0, 0, UInt64(number))) }

    init(parameters: GossipSub.Parameters = .init(), validation: GossipSub.Validation? = .automatic, peers: Int = 1) {
        let own = Signing.ed25519(KeyPair(seed: Bytes32(Array(64..<96))!))
        machine = GossipSub(signing: own, parameters: parameters, firstSequenceNumber: 5, generator: Generator(seed: 1))
        topic = machine.intern("shard")!
        if let validation { _ = give(.join(topic, validation)) }
        for number in 1...max(1, peers) {
            add(UInt32(number))
        }
    }

    /// A subscriber.
    mutating func add(
        _ number: UInt32, as id: PeerID? = nil, _ direction: ConnectionDirection = .outbound, _ facts: GossipSub.PeerFacts = .init()
    ) {
        let handle = PeerHandle(index: number)
        _ = give(.peerAdded(handle, id ?? Lab.identity(number), direction, facts))
        _ = give(.rpc(from: handle, RPC.subscriptions([Array("shard".utf8)], subscribe: true)))
    }

    func score(_ number: UInt32) -> Float { machine.score(of: PeerHandle(index: number)) ?? .nan }

    mutating func give(_ input: GossipSub.Input) -> [GossipSub.Effect] {
        var effects: [GossipSub.Effect] = []
        machine.handle(input, now: now, emit: &effects)
        #expect(machine.violations.isEmpty)
        return effects
    }

    mutating func hear(_ bytes: [UInt8], from number: UInt32 = 1) -> [GossipSub.Effect] {
        give(.rpc(from: PeerHandle(index: number), bytes))
    }

    /// Lets heartbeats pass.
    mutating func beat(_ count: Int = 1) -> [GossipSub.Effect] {
        var effects: [GossipSub.Effect] = []
        for _ in 0..<count {
            guard let deadline = machine.nextDeadline else { break }
            now = max(now, deadline)
            machine.handleDeadline(now: now, emit: &effects)
            #expect(machine.violations.isEmpty)
        }
        return effects
    }

    static func frame(_ number: UInt64, topic: String = "shard", data: [UInt8] = [1, 2, 3], by signing: Signing = Lab.author) -> [UInt8] {
        GossipMessage.frame(signing: signing, sequenceNumber: number, topic: Array(topic.utf8), data: data)
    }
}

extension [GossipSub.Effect] {
    var delivered: [[UInt8]] { compactMap { if case .deliver(_, _, _, _, let data) = $0 { Array<UInt8>(data) } else { nil } } }
    var handles: [GossipSub.MessageHandle] { compactMap { if case .deliver(_, let handle, _, _, _) = $0 { handle } else { nil } } }
    var penalties: [GossipSub.Misbehaviour] { compactMap { if case .penalise(_, let what) = $0 { what } else { nil } } }
    var sent: [(to: PeerHandle, bytes: [UInt8], priority: SendPriority)] {
        compactMap { if case .send(let to, let bytes, let priority) = $0 { (to, bytes, priority) } else { nil } }
    }
}

@Suite struct SignatureTests {
    /// Computed apart from this program, by the arithmetic of RFC 8032.
    let golden =
        "1282010a2600240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8120568656c6c6f1a0800000000"
        + "000000072205736861726" + "42a4033e8bc19a6db4a12c8acdc85da1494e72b667530a68c1e10361b1fc3c71d768a819af9b4e4c373f1e9d439d92941a01f"
        + "de6cd886bdc964d52a5ea95556789703"

    @Test func goldenMessage() {
        #expect(Hex.encode(Lab.frame(7, data: Array("hello".utf8))) == golden)
        var lab = Lab()
        #expect(lab.hear(Hex.decode(golden)!).delivered == [Array("hello".utf8)])
    }

    @Test func everyAlteredBitIsRefused() {
        let good = Lab.frame(7)
        var outcomes: [GossipSub.Misbehaviour: Int] = [:]
        for bit in 0..<(good.count * 8) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            var lab = Lab()
            let effects = lab.hear(bytes)
            #expect(effects.delivered.isEmpty)
            for what in effects.penalties { outcomes[what, default: 0] += 1 }
            // The forged one does not hide the real one.
            #expect(lab.hear(good).delivered.count == 1)
        }
        #expect(outcomes[.invalidSignature, default: 0] > good.count * 4)
        #expect(outcomes[.malformed, default: 0] > 10)
    }

    /// A message of chosen fields.
    func frame(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.message(2, build)
        return writer.bytes
    }

    @Test func unsignedAndIncompleteMessagesAreRefused() throws {
        let whole = try GossipMessage(decoding: Lab.frame(7).dropFirst(3), dataSizeMax: 100)
        let from = PeerID(ed25519: whole.author).bytes
        for missing in 1...5 {
            let bytes = frame { writer in
                if missing != 1 { writer.bytes(1, from) }
                writer.bytes(2, whole.data)
                if missing != 3 { writer.bytes(3, UInt64(7).bigEndianBytes) }
                if missing != 4 { writer.bytes(4, whole.topic) }
                if missing != 5 { writer.bytes(5, whole.signature.array) }
            }
            var lab = Lab()
            let effects = lab.hear(bytes)
            #expect(effects.delivered.count == (missing == 2 ? 1 : 0))
            #expect(effects.penalties == (missing == 2 ? [] : [missing == 4 ? .malformed : .invalidSignature]))
        }
    }

    @Test func keysMustBeTheAuthorsOwn() throws {
        let whole = try GossipMessage(decoding: Lab.frame(7).dropFirst(3), dataSizeMax: 100)
        let prefix: [UInt8] = [0x08, 0x01, 0x12, 0x20]
        func bytes(key: [UInt8]) -> [UInt8] {
            frame { writer in
                writer.bytes(1, PeerID(ed25519: whole.author).bytes)
                writer.bytes(2, whole.data)
                writer.bytes(3, UInt64(7).bigEndianBytes)
                writer.bytes(4, whole.topic)
                writer.bytes(5, whole.signature.array)
                writer.bytes(6, key)
            }
        }
        var lab = Lab()
        #expect(lab.hear(bytes(key: prefix + Lab.stranger.publicKey.array)).penalties == [.invalidSignature])
        #expect(lab.hear(bytes(key: [1, 2, 3])).penalties == [.invalidSignature])
        #expect(lab.hear(bytes(key: prefix + whole.author.array)).delivered.count == 1)
    }

    /// A peer id of the hash of an RSA key: others take such messages and relay them in good faith.
    @Test func authorsWithOtherKeysAreIgnored() throws {
        let whole = try GossipMessage(decoding: Lab.frame(7).dropFirst(3), dataSizeMax: 100)
        let bytes = frame { writer in
            writer.bytes(1, [0x12, 0x20] + [UInt8](repeating: 9, count: 32))
            writer.bytes(2, whole.data)
            writer.bytes(3, UInt64(7).bigEndianBytes)
            writer.bytes(4, whole.topic)
            writer.bytes(5, [UInt8](repeating: 1, count: 256))
        }
        var lab = Lab()
        #expect(lab.hear(bytes).isEmpty)
    }

    @Test func aSignatureOfAnotherIsRefused() throws {
        let stolen = try GossipMessage(decoding: Lab.frame(7, by: Lab.stranger).dropFirst(3), dataSizeMax: 100)
        var lab = Lab()
        let bytes = frame { writer in
            writer.bytes(1, PeerID(ed25519: Lab.author.publicKey).bytes)
            writer.bytes(2, stolen.data)
            writer.bytes(3, UInt64(7).bigEndianBytes)
            writer.bytes(4, stolen.topic)
            writer.bytes(5, stolen.signature.array)
        }
        #expect(lab.hear(bytes).penalties == [.invalidSignature])
    }

    @Test func fieldsInAnotherOrderAreTheSameMessage() throws {
        let whole = try GossipMessage(decoding: Lab.frame(7).dropFirst(3), dataSizeMax: 100)
        var lab = Lab()
        let bytes = frame { writer in
            writer.bytes(5, whole.signature.array)
            writer.bytes(4, whole.topic)
            writer.bytes(77, [1])
            writer.bytes(3, UInt64(7).bigEndianBytes)
            writer.bytes(2, whole.data)
            writer.bytes(1, PeerID(ed25519: whole.author).bytes)
        }
        #expect(lab.hear(bytes).delivered == [[1, 2, 3]])
        #expect(lab.hear(Lab.frame(7)).isEmpty)
    }

    @Test func replaysAreNotHeardAgain() {
        var lab = Lab(peers: 3)
        #expect(lab.hear(Lab.frame(7)).delivered.count == 1)
        for _ in 0..<100 {
            #expect(lab.hear(Lab.frame(7), from: 2).isEmpty)
            _ = lab.beat()
        }
        // Our own words from another's mouth.
        let own = lab.give(.publish(lab.topic, [9])).sent[0].bytes
        #expect(lab.hear(own).isEmpty)
    }
}
