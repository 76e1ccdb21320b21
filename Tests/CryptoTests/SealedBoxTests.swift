import Testing
import Wire

@testable import Crypto

@Suite struct SealedBoxTests {
    private let keyPair = KeyPair(seed: Bytes32((0..<32).map { UInt8($0) }) ?? .zero)

    @Test func opensWhatAnotherImplementationSealed() throws {
        // PyNaCl 1.6, SealedBox over the converted key of the same seed.
        let sealed = try #require(
            Hex.decode("48b3b6c79e261624fb8fb81d26e50ce0f8c95e889cbf059882ad90da04e237430f76c1ff616b35bc18e2f3e6c2424f3ac1f5c9d495fd0b1a"))
        #expect(SealedBox.open(sealed, with: keyPair) == Array("mark key".utf8))
    }

    @Test func roundTripsAndRefusesChanges() throws {
        for count in [0, 1, 32, 1000] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let sealed = try #require(SealedBox.seal(message, to: keyPair.publicKey, ephemeral: Hash.sha256([UInt8(count & 0xff)])))
            #expect(sealed.count == count + SealedBox.overhead)
            #expect(SealedBox.open(sealed, with: keyPair) == message)
            #expect(SealedBox.open(sealed, with: KeyPair(seed: .zero)) == nil)
            for index in stride(from: 0, to: sealed.count, by: 11) {
                var changed = sealed
                changed[index] ^= 0x40
                #expect(SealedBox.open(changed, with: keyPair) == nil)
            }
            for cut in [0, 1, 31, 47] { #expect(SealedBox.open(Array(sealed.prefix(cut)), with: keyPair) == nil) }
        }
    }

    @Test func refusesKeysThatAreNone() {
        let notAPoint = Bytes32((0..<32).map { _ in UInt8(2) }) ?? .zero
        #expect(SealedBox.seal([1], to: notAPoint, ephemeral: .zero) == nil)
    }

    @Test func simulationSealsToo() throws {
        let secret = Hash.sha256([7])
        let a = Signing.simulated(identity: Hash.sha256([1]), secret: secret)
        let b = Signing.simulated(identity: Hash.sha256([2]), secret: secret)
        let sealed = try #require(a.seal([1, 2, 3], to: b.publicKey, ephemeral: Hash.sha256([3])))
        #expect(sealed.count == 3 + SealedBox.overhead)
        #expect(b.open(sealed) == [1, 2, 3])
        #expect(a.open(sealed) == nil)
        let real = Signing.ed25519(keyPair)
        #expect(real.open(try #require(a.seal([1], to: real.publicKey, ephemeral: .zero))) == nil)
        #expect(real.open(try #require(real.seal([4], to: real.publicKey, ephemeral: secret))) == [4])
    }
}
