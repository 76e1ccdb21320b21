// fuzz: LibP2P
// longest: 4096
// covers: Sources/LibP2P/IdentifyMessage.swift Sources/Identity/SignedEnvelope.swift Sources/Identity/PeerRecord.swift Sources/Identity/PublicKeyMessage.swift Sources/Identity/Record+Wire.swift Sources/Identity/RecordCertificate.swift Sources/Wire/Protobuf.swift
// Identify, signed envelopes, peer records, keys, records and certificates from hostile bytes: what is accepted is written back as it was
// read, and only what was signed is certified.
import Crypto
import Identity
import Wire

@testable import LibP2P

enum EnvelopeFuzz: FuzzTarget {
    private static let signing = Signing.simulated(identity: Hash.sha256([1]), secret: Hash.sha256([2]))
    private static let network = NetworkID(Hash.sha256([3]))

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let choice = script.byte()
        if choice >= 0xf0 { return drafts(choice, &script) }
        switch choice % 6 {
        case 0: identify(script.takeRest())
        case 1: envelope(script.takeRest())
        case 2: certified(script.takeRest())
        case 3: record(script.takeRest())
        case 4: certificate(script.takeRest())
        default: key(script.takeRest())
        }
    }

    /// Messages of the script's own making, of parts by the book.
    private static func drafts(_ choice: UInt8, _ script: inout Script) {
        let key = PublicKeyMessage(ed25519: signing.publicKey).bytes
        let peer = PeerID(ed25519: signing.publicKey)
        let record = PeerRecord(peer: peer, sequence: 3, addresses: [.tcp4(0x0102_0304, port: 1)])
        let sealed = record.sealed(with: signing)
        let bytes32 = signing.publicKey.array
        switch choice & 7 {
        case 0:
            let addresses = [Multiaddr.tcp4(0x0102_0304, port: 1).bytes, [0x99]]
            let text = [Array("agent/1\u{7f}".utf8), [UInt8](repeating: 65, count: 257)]
            identify(Draft.message(&script, [1: [key], 2: addresses, 3: text, 4: addresses, 5: text, 6: text, 8: [sealed.bytes]]))
        case 1:
            let book = [1: [key, rsa], 2: [PeerRecord.payloadType], 3: [record.bytes], 5: [sealed.signature.array]]
            envelope(Draft.message(&script, book))
        case 2:
            let addresses = [Draft.message(&script, [1: [Multiaddr.tcp4(0x0102_0304, port: 1).bytes, [0x99]]])]
            certified(Draft.message(&script, [1: [peer.bytes, [0x12, 0x20] + bytes32], 3: addresses]))
        case 3:
            let bodies = [[1, 2, 3], [], [UInt8](repeating: 1, count: (8 << 10) + 1)]
            self.record(Draft.message(&script, [2: [bytes32], 3: bodies, 4: [sealed.signature.array]]))
        case 4:
            let signatures = [sealed.signature.array, sealed.signature.array + sealed.signature.array, []]
            certificate(Draft.message(&script, [1: [bytes32], 4: [[1], [3], [1, 1]], 5: signatures]))
        case 5: self.key(Draft.message(&script, [2: [bytes32, [UInt8](repeating: 2, count: 33), [UInt8](repeating: 3, count: 1100)]]))
        case 6: signed(&script)
        default: fields(script.takeRest(), canonical: choice & 8 == 0)
        }
    }

    private static let rsa = { () -> [UInt8] in
        var message = PublicKeyMessage(ed25519: Hash.sha256([1]))
        message.type = .rsa
        return message.bytes
    }()

    /// A record and a certificate that are signed, with a byte changed or none.
    private static func signed(_ script: inout Script) {
        let choice = Int(script.byte())
        let place = script.word()
        let change = script.byte()
        let changed = { (bytes: [UInt8]) -> [UInt8] in
            var bytes = bytes
            bytes[place % bytes.count] ^= change
            return bytes
        }
        let body = Array(script.takeRest().prefix(200))
        let type = RecordType.allCases[choice % RecordType.allCases.count]
        let made = Identity.Record.signed(type: type, body: body, by: signing, network: network)
        precondition(made.verify(with: signing, network: network), "a record of our own is refused")
        record(changed(made.encoded))
        let members = choice % 40 + 1
        let id = Hash.sha256(body)
        let message = Certificate.signedBytes(recordID: id, statement: .vote, term: UInt64(choice), network: network)
        let signers = Set(body.map { Int($0) % members })
        let joined = Certificate(
            recordID: id, statement: .vote, term: UInt64(choice), members: members,
            signatures: Dictionary(uniqueKeysWithValues: signers.map { ($0, signing.sign(message)) }))
        let keys = [Bytes32](repeating: signing.publicKey, count: members)
        let quorum = Quorum(members: members)
        for needed in [signers.count, signers.count + 1, quorum.q, quorum.honest] {
            let isTaken = joined.verify(members: keys, needed: needed, with: signing, network: network)
            precondition(isTaken == (signers.count >= max(1, needed)), "a certificate of as many signers as it has not")
        }
        certificate(changed(joined.encoded))
    }

    /// Every field read in every way and written back: nothing traps, and what was read whole is written as it was.
    private static func fields(_ bytes: [UInt8], canonical: Bool) {
        var reader = ProtobufReader(bytes, canonical: canonical)
        var writer = ProtobufWriter()
        do throws(WireError) {
            while let field = try reader.next() {
                _ = (try? field.uint32(), try? field.bool(), try? field.int(max: 9), try? field.float(), try? field.bytes32())
                _ = (try? field.fixed64(), try? field.int64(), try? field.bytes(max: 8))
                switch field.value {
                case .varint(let value):
                    precondition((try? field.int64()).map { UInt64(bitPattern: $0) } == value, "another number")
                    writer.alwaysUInt64(field.number, value)
                case .fixed64(let value): writer.fixed64(field.number, value)
                case .fixed32(let value): writer.float(field.number, Float(bitPattern: value))
                case .bytes(let slice):
                    if let text = try? field.string(max: 64) { precondition(Array(text.utf8) == Array(slice), "another text") }
                    writer.alwaysBytes(field.number, slice)
                }
            }
            precondition(writer.bytes == bytes, "fields changed on their way in and out")
        } catch {}
        // As the encoders of messages call it: defaults are left out.
        var script = Script(bytes)
        var short = ProtobufWriter()
        short.uint64(1, UInt64(script.byte()))
        short.uint32(2, UInt32(script.byte()))
        short.int64(3, Int64(Int8(bitPattern: script.byte())))
        short.bool(4, script.byte() & 1 == 1)
        short.string(5, String(decoding: script.bytes(), as: UTF8.self))
        short.bytes(6, script.bytes())
        short.bytes32(7, signing.publicKey)
        short.message(8) { $0.uint32(1, script.double()) }
        var again = ProtobufReader(short.bytes, canonical: true)
        var last: UInt32 = 0
        while let field = try? again.next() { last = field.number }
        precondition(last == 8, "a message of our own is not canonical")
    }

    private static func identify(_ bytes: [UInt8]) {
        guard let message = try? IdentifyMessage(bytes) else { return }
        precondition(message.agent.utf8.count <= IdentifyMessage.agentMax, "an agent's name beyond its limit")
        precondition(message.agent.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "an agent's name that cannot be shown")
        precondition((try? IdentifyMessage(message.bytes)) == message, "identify changed on its way out and in")
        if let record = message.signedPeerRecord { envelope(record) }
    }

    private static func envelope(_ bytes: [UInt8]) {
        guard let envelope = try? SignedEnvelope(bytes[...]) else { return }
        precondition((try? SignedEnvelope(envelope.bytes[...])) == envelope, "an envelope changed on its way out and in")
        _ = PeerRecord(certified: envelope, signing: signing)
    }

    /// A payload of the fuzzer's in an envelope that is signed by the book.
    private static func certified(_ payload: [UInt8]) {
        let envelope = SignedEnvelope(domain: PeerRecord.domain, payloadType: PeerRecord.payloadType, payload: payload, signing: signing)
        if let record = PeerRecord(certified: envelope, signing: signing) {
            precondition(record.peer == envelope.signer, "a record of somebody else's")
            precondition(record.addresses.count <= PeerRecord.addressesMax, "more addresses than allowed")
        }
        if let record = try? PeerRecord(payload[...]) {
            precondition((try? PeerRecord(record.bytes[...])) == record, "a peer record changed on its way out and in")
            precondition((record.sealed(with: signing).signer == record.peer) == (record.peer == envelope.signer), "another signer")
        }
    }

    private static func record(_ bytes: [UInt8]) {
        guard let record = try? Identity.Record(encoded: bytes) else { return }
        precondition(record.body.count <= record.type.bodyMax, "a body beyond its limit")
        precondition((try? Identity.Record(encoded: record.encoded)) == record, "a record changed on its way out and in")
        precondition(!record.verify(with: signing, network: network) || record.author == signing.publicKey, "forged")
    }

    private static func certificate(_ bytes: [UInt8]) {
        guard let certificate = try? Certificate(encoded: bytes[...]) else { return }
        precondition(certificate.encoded == bytes, "a certificate changed on its way in and out")
        for members in [1, 4, certificate.bitmap.count * 8] where members > 0 && members <= Certificate.membersMax {
            if let signers = certificate.signers(of: members) {
                precondition(signers.allSatisfy { $0 < members } && signers.count == certificate.signatures.count, "other signers")
            }
            let keys = [Bytes32](repeating: signing.publicKey, count: members)
            _ = certificate.verify(members: keys, needed: 1, with: signing, network: network)
        }
    }

    private static func key(_ bytes: [UInt8]) {
        guard let key = try? PublicKeyMessage(bytes[...]) else { return }
        precondition((try? PublicKeyMessage(key.bytes[...])) == key, "a key changed on its way out and in")
        if let peer = key.peer, let ed25519 = key.ed25519 { precondition(peer.ed25519Key == ed25519, "another key") }
    }
}
