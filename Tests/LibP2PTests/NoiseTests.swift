import Crypto
import Determinism
import Identity
import Testing
import Wire

@testable import LibP2P

@Suite struct NoiseTests {
    private func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex) ?? [] }
    private func secret(_ hex: String) throws -> Bytes32 { try #require(Bytes32(hex: hex)) }

    /// The vector for Noise_XX_25519_ChaChaPoly_SHA256 of the cacophony project.
    @Test func handshakeFollowsThePublicVector() throws {
        let prologue = bytes("4a6f686e2047616c74")
        let initiatorStatic = try secret("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1")
        let responderStatic = try secret("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893")
        var initiator = NoiseHandshake(
            isInitiator: true, staticSecret: initiatorStatic, staticPublic: X25519.publicKey(of: initiatorStatic),
            ephemeralSecret: try secret("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"), prologue: prologue)
        var responder = NoiseHandshake(
            isInitiator: false, staticSecret: responderStatic, staticPublic: X25519.publicKey(of: responderStatic),
            ephemeralSecret: try secret("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"), prologue: prologue)
        let messages = [
            (
                "4c756477696720766f6e204d69736573",
                "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573"
            ),
            (
                "4d757272617920526f746862617264",
                "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9"
                    + "bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad"
            ),
            (
                "462e20412e20486179656b",
                "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6"
                    + "ae769a1d95941d49b25030"
            ),
        ]
        for (index, message) in messages.enumerated() {
            let written = try index == 1 ? responder.write(payload: bytes(message.0)) : initiator.write(payload: bytes(message.0))
            #expect(Hex.encode(written) == message.1)
            let read = try index == 1 ? initiator.read(written) : responder.read(written)
            #expect(read == bytes(message.0))
        }
        #expect(initiator.isComplete && responder.isComplete)
        #expect(responder.remoteStatic == X25519.publicKey(of: initiatorStatic))
        #expect(initiator.remoteStatic == X25519.publicKey(of: responderStatic))
        let keys = initiator.split()
        let others = responder.split()
        #expect(
            keys.receive.open(bytes("96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df"), nonce: 0, associated: [])
                == bytes("4361726c204d656e676572"))
        #expect(
            Hex.encode(others.send.seal(bytes("4361726c204d656e676572"), nonce: 0, associated: []))
                == "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df")
        #expect(
            Hex.encode(keys.send.seal(bytes("4a65616e2d426170746973746520536179"), nonce: 0, associated: []))
                == "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5")
    }

    /// A handshake up to the message that is tampered with.
    private func read(message index: Int, tamper: (inout [UInt8]) -> Void) throws -> Bool {
        var parties = (0..<2).map { number in
            let secret = Hash.sha256([UInt8(number)])
            return NoiseHandshake(
                isInitiator: number == 0, staticSecret: secret, staticPublic: X25519.publicKey(of: secret),
                ephemeralSecret: Hash.sha256([UInt8(number), 1]))
        }
        for step in 0...index {
            var message = try parties[step & 1].write(payload: [1, 2, 3])
            if step == index {
                tamper(&message)
                return (try? parties[1 - step & 1].read(message)) != nil
            }
            _ = try parties[1 - step & 1].read(message)
        }
        return true
    }

    @Test func everyChangedBitIsNoticed() throws {
        #expect(try read(message: 1) { _ in })
        #expect(try read(message: 2) { _ in })
        for index in 0..<(32 + 48 + 3 + 16) { #expect(try !read(message: 1) { $0[index] ^= 4 }) }
        for index in 0..<(48 + 3 + 16) { #expect(try !read(message: 2) { $0[index] ^= 4 }) }
        for count in 0..<(48 + 3 + 16) { #expect(try !read(message: 2) { $0 = Array($0.prefix(count)) }) }
        #expect(try !read(message: 0) { $0 = Array($0.prefix(31)) })
    }

    @Test func messagesOutOfTurnAreRefused() throws {
        let secret = Hash.sha256([1])
        var initiator = NoiseHandshake(
            isInitiator: true, staticSecret: secret, staticPublic: X25519.publicKey(of: secret), ephemeralSecret: secret)
        #expect(throws: NoiseFailure.malformed) { try initiator.read([UInt8](repeating: 0, count: 100)) }
    }

    @Test func weakKeysAreRefused() throws {
        let secret = Hash.sha256([1])
        var responder = NoiseHandshake(
            isInitiator: false, staticSecret: secret, staticPublic: X25519.publicKey(of: secret), ephemeralSecret: secret)
        _ = try responder.read([UInt8](repeating: 0, count: 32))
        #expect(throws: NoiseFailure.weakKey) { try responder.write(payload: []) }
    }

    @Test func payloadsNameTheirSigner() throws {
        let signing = Signing.ed25519(SwarmHarness.keyPair(1))
        let identity = NoiseIdentity(signing: signing, staticSecret: Hash.sha256([3]), muxers: ["/yamux/1.0.0"])
        let payload = try NoisePayload(identity.payload)
        #expect(payload.muxers == ["/yamux/1.0.0"])
        #expect(try payload.peer(staticKey: identity.staticPublic, signing: signing) == PeerID(ed25519: signing.publicKey))
        #expect(throws: NoiseFailure.identity) { try payload.peer(staticKey: Hash.sha256([4]), signing: signing) }
        var unsigned = payload
        unsigned.signature = []
        #expect(throws: NoiseFailure.identity) { try unsigned.peer(staticKey: identity.staticPublic, signing: signing) }
        var other = payload
        other.identityKey = PublicKeyMessage(ed25519: SwarmHarness.keyPair(2).publicKey).bytes
        #expect(throws: NoiseFailure.identity) { try other.peer(staticKey: identity.staticPublic, signing: signing) }
        for count in identity.payload.indices { _ = try? NoisePayload(Array(identity.payload.prefix(count))) }
    }

    // MARK: Frames

    private func pair() -> (NoiseTransport, NoiseTransport) {
        let a = ChaChaPolyKey(Hash.sha256([1]))
        let b = ChaChaPolyKey(Hash.sha256([2]))
        return (NoiseTransport(sendKey: a, receiveKey: b), NoiseTransport(sendKey: b, receiveKey: a))
    }

    private func receive(_ transport: inout NoiseTransport, _ pieces: [ArraySlice<UInt8>]) throws -> [UInt8] {
        var plaintext: [UInt8] = []
        var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)
        for piece in pieces {
            try Array(piece).withUnsafeBytes { bytes in
                var cursor = ByteCursor(bytes)
                while let size = try scratch.withUnsafeMutableBytes({ try transport.open(&cursor, into: $0) }) {
                    plaintext += scratch.prefix(size)
                }
                #expect(cursor.remaining == 0)
            }
        }
        return plaintext
    }

    @Test func framesSurviveEveryCut() throws {
        let message = (0..<300).map { UInt8(truncatingIfNeeded: $0) }
        var (sender, receiver) = pair()
        let sealed = try message.withBytes { bytes throws(NoiseFailure) in try sender.seal(bytes) }
        #expect(sealed.count == message.count + 18)
        for cut in 0...sealed.count {
            (sender, receiver) = pair()
            #expect(try receive(&receiver, [sealed[..<cut], sealed[cut...]]) == message)
            #expect(!receiver.hasPartialFrame)
        }
    }

    @Test func longPlaintextsAreCutIntoFullFrames() throws {
        var (sender, receiver) = pair()
        let message = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        let sealed = try message.withBytes { bytes throws(NoiseFailure) in try sender.seal(bytes) }
        #expect(sealed.count == message.count + 4 * 18)
        let pieces = stride(from: 0, to: sealed.count, by: 70_001).map { sealed[$0..<min($0 + 70_001, sealed.count)] }
        #expect(try receive(&receiver, pieces) == message)
    }

    @Test func changedReplayedAndShortFramesAreRefused() throws {
        var (sender, receiver) = pair()
        let sealed = try [1, 2, 3].withBytes { bytes throws(NoiseFailure) in try sender.seal(bytes) }
        var changed = sealed
        changed[5] ^= 1
        #expect(throws: NoiseFailure.decryption) { try receive(&receiver, [changed[...]]) }
        (sender, receiver) = pair()
        #expect(try receive(&receiver, [sealed[...]]) == [1, 2, 3])
        #expect(throws: NoiseFailure.decryption) { try receive(&receiver, [sealed[...]]) }
        for size in 0..<16 {
            (sender, receiver) = pair()
            #expect(throws: NoiseFailure.malformed) { try receive(&receiver, [[0, UInt8(size)] + [UInt8](repeating: 0, count: size)]) }
        }
    }
}
