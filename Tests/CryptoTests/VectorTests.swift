import Testing
import Wire

@testable import Crypto

/// Published vectors of every primitive.
@Suite struct VectorTests {
    private func bytes(_ hex: String) -> [UInt8] { Hex.decode(hex) ?? [] }
    private func bytes32(_ hex: String) throws -> Bytes32 { try #require(Bytes32(hex: hex)) }

    @Test(arguments: [
        // RFC 8032, section 7.1, tests 1 to 3.
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func ed25519(seed: String, publicKey: String, message: String, signature: String) throws {
        let keyPair = KeyPair(seed: try bytes32(seed))
        #expect(keyPair.publicKey == (try bytes32(publicKey)))
        let signed = keyPair.sign(bytes(message))
        #expect(signed.array == bytes(signature))
        #expect(Ed25519.verify(signed, of: bytes(message), by: keyPair.publicKey))
        #expect(!Ed25519.verify(signed, of: bytes(message) + [0], by: keyPair.publicKey))
    }

    @Test func x25519() throws {
        // RFC 7748, sections 5.2 and 6.1.
        let scalar = try bytes32("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
        let point = try bytes32("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        #expect(
            X25519.sharedSecret(scalar, point) == (try bytes32("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")))
        let alice = Hash.sha256([2])
        let bob = try bytes32("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        #expect(X25519.publicKey(of: bob) == (try bytes32("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")))
        #expect(X25519.sharedSecret(alice, X25519.publicKey(of: bob)) == X25519.sharedSecret(bob, X25519.publicKey(of: alice)))
    }

    @Test func x25519RefusesPointsOfSmallOrder() throws {
        let secret = Hash.sha256([1])
        #expect(X25519.sharedSecret(secret, .zero) == nil)
        #expect(X25519.sharedSecret(secret, try bytes32("0100000000000000000000000000000000000000000000000000000000000000")) == nil)
        #expect(X25519.sharedSecret(secret, try bytes32("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")) == nil)
    }

    @Test func chaChaPoly() throws {
        // RFC 8439, appendix A.5.
        let key = ChaChaPolyKey(try bytes32("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"))
        let associated = bytes("f33388860000000000004e91")
        let nonce: UInt64 = 0x0807_0605_0403_0201
        let text =
            "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by other "
            + "documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them other than as "
            + "/\u{201c}work in progress./\u{201d}"
        let sealed = key.seal(Array(text.utf8), nonce: nonce, associated: associated)
        #expect(Hex.encode(sealed.prefix(32)) == "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb2")
        #expect(Hex.encode(sealed.suffix(16)) == "eead9d67890cbb22392336fea1851f38")
        #expect(key.open(sealed, nonce: nonce, associated: associated) == Array(text.utf8))
        #expect(key.open(sealed, nonce: nonce + 1, associated: associated) == nil)
        #expect(key.open(sealed, nonce: nonce, associated: []) == nil)
        for index in stride(from: 0, to: sealed.count, by: 7) {
            var changed = sealed
            changed[index] ^= 1
            #expect(key.open(changed, nonce: nonce, associated: associated) == nil)
        }
        #expect(key.open([1, 2, 3], nonce: nonce, associated: []) == nil)
    }

    @Test func chaChaPolyWorksInPlace() throws {
        let key = ChaChaPolyKey(Hash.sha256([9]))
        let plaintext = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        var buffer = plaintext + [UInt8](repeating: 0, count: ChaChaPolyKey.tagSize)
        buffer.withUnsafeMutableBytes { buffer in
            key.seal(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<1000]), nonce: 5, into: buffer)
        }
        #expect(buffer == key.seal(plaintext, nonce: 5, associated: []))
        let opened = buffer.withUnsafeMutableBytes { key.open(UnsafeRawBufferPointer($0), nonce: 5, into: $0) }
        #expect(opened)
        #expect(Array(buffer.prefix(1000)) == plaintext)
    }

    @Test func xChaChaPoly() throws {
        // draft-irtf-cfrg-xchacha, appendix A.3.1.
        let key = try #require(Bytes32((0x80...0x9f).map { UInt8($0) }))
        let nonce = (0x40...0x57).map { UInt8($0) }
        let associated = bytes("50515253c0c1c2c3c4c5c6c7")
        let text = Array(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.".utf8)
        let sealed = XChaChaPoly.seal(text, key: key, nonce: nonce, associated: associated)
        #expect(Hex.encode(sealed.prefix(16)) == "bd6d179d3e83d43b9576579493c0e939")
        #expect(Hex.encode(sealed.suffix(16)) == "c0875924c1c7987947deafd8780acf49")
        #expect(XChaChaPoly.open(sealed, key: key, nonce: nonce, associated: associated) == text)
        #expect(XChaChaPoly.open(sealed, key: key, nonce: nonce) == nil)
        #expect(XChaChaPoly.open([], key: key, nonce: nonce) == nil)
        #expect(XChaChaPoly.open(sealed, key: key, nonce: []) == nil)
    }

    @Test func hashes() throws {
        #expect(Hash.sha256(Array("abc".utf8)).description == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hash.blake2b([]).description == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
        var hasher = Blake2b()
        hasher.update(Array("ab".utf8))
        hasher.update(Array("c".utf8))
        #expect(hasher.finish() == Hash.blake2b(Array("abc".utf8)))
        // Python's hashlib.
        let key = Bytes32((0..<32).map { UInt8($0) })!
        #expect(
            Hash.blake2b(Array("abc".utf8), key: key).description == "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f")
        #expect(Hash.blake2b([], key: key).description == "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d")
        // RFC 4231, test case 2.
        #expect(
            Hash.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)).description
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func hkdf() {
        // RFC 5869, test case 1.
        let output = HKDF.sha256(
            secret: [UInt8](repeating: 0x0b, count: 22), salt: (0...12).map { UInt8($0) }, info: (0xf0...0xf9).map { UInt8($0) }, count: 42)
        #expect(Hex.encode(output) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        // Noise's form is the general one with the chaining key as salt and no info.
        let key = Hash.sha256([1])
        let (first, second) = HKDF.noise(chainingKey: key, input: [1, 2, 3])
        #expect(HKDF.sha256(secret: [1, 2, 3], salt: key.array, info: [], count: 64) == first.array + second.array)
    }

    @Test func argon2id() throws {
        // The reference program: echo -n 123 | argon2 ABCDEFGHIJKLMNOP -id -v 13 -k 1024 -t 5
        let key = Argon2id.key(
            passphrase: Array("123".utf8), salt: Array("ABCDEFGHIJKLMNOP".utf8), cost: Argon2id.Cost(passes: 5, memory: 1024))
        #expect(key?.description == "3c5d010180ba0cf5b6b858cba23b318e42d33088983c404598599c3b029ecac6")
        let salt = [UInt8](repeating: 1, count: 16)
        #expect(Argon2id.key(passphrase: [], salt: salt, cost: Argon2id.Cost(passes: 1, memory: 8)) != nil)
        #expect(Argon2id.key(passphrase: [1], salt: [1], cost: Argon2id.Cost(passes: 1, memory: 8)) == nil)
        #expect(Argon2id.key(passphrase: [1], salt: salt, cost: Argon2id.Cost(passes: 17, memory: 8)) == nil)
        #expect(Argon2id.key(passphrase: [1], salt: salt, cost: Argon2id.Cost(passes: 1, memory: .max)) == nil)
    }
}
