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
        switch script.choice(6) {
        case 0: identify(script.takeRest())
        case 1: envelope(script.takeRest())
        case 2: certified(script.takeRest())
        case 3: record(script.takeRest())
        case 4: certificate(script.takeRest())
        default: key(script.takeRest())
        }
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
