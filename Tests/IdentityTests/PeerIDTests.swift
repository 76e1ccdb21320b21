import Crypto
import Testing
import Wire

@testable import Identity

@Suite struct PeerIDTests {
    private let keyPair = KeyPair(seed: Bytes32((0..<32).map { UInt8($0) }) ?? .zero)

    @Test func textIsThatOfOtherImplementations() throws {
        // py-libp2p 0.8.1, same seed.
        let id = PeerID(ed25519: keyPair.publicKey)
        #expect(id.description == "12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB")
        #expect(PeerID(id.description) == id)
        #expect(id.ed25519Key == keyPair.publicKey)
        #expect(PublicKeyMessage(ed25519: keyPair.publicKey).peer == id)
    }

    @Test(arguments: ["QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN", "16Uiu2HAmKhPMtU88yYnAGMYLkvmPYTgBCjVCPUzTWYPPJCfwAqA3"])
    func otherKeyTypesAreCarried(text: String) throws {
        guard let id = PeerID(text) else {
            // Only a wrong checksum-free text may fail; these are multihashes of the two other shapes.
            Issue.record("\(text) was refused")
            return
        }
        #expect(id.description == text)
        #expect(id.ed25519Key == nil)
        #expect(try PeerID(bytes: id.bytes) == id)
    }

    @Test func malformedIdsAreRefused() {
        let good = PeerID(ed25519: keyPair.publicKey).bytes
        for count in 0..<good.count { #expect(throws: WireError.self) { try PeerID(bytes: good.prefix(count)) } }
        #expect(throws: WireError.self) { try PeerID(bytes: good + [0]) }
        #expect(PeerID("") == nil)
        #expect(PeerID("12D3KooW0") == nil)
    }

    @Test func publicKeysOfOtherTypesHashToTheirIds() throws {
        let rsa = PublicKeyMessage.KeyType.rsa
        var writer = ProtobufWriter()
        writer.alwaysUInt64(1, rsa.rawValue)
        writer.alwaysBytes(2, [UInt8](repeating: 5, count: 294))
        let message = try PublicKeyMessage(writer.bytes[...])
        #expect(message.ed25519 == nil)
        #expect(message.peer?.bytes == [0x12, 0x20] + Hash.sha256(writer.bytes).array)
        #expect(throws: WireError.outOfBounds) { try PublicKeyMessage([UInt8](repeating: 0, count: 2000)[...]) }
        #expect(throws: WireError.missingField) { try PublicKeyMessage([8, 1]) }
        #expect(throws: WireError.malformedField) { try PublicKeyMessage([8, 9, 18, 0]) }
    }
}
