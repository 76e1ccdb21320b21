import Testing
import Wire

@testable import Crypto

@Suite struct KeyFileTests {
    private let keyPair = KeyPair(seed: Bytes32((0..<32).map { UInt8($0) }) ?? .zero)
    private let cost = Argon2id.Cost(passes: 1, memory: 64)
    private let entropy = (0..<40).map { UInt8(100 + $0) }

    private func encrypted() throws -> [UInt8] {
        try #require(KeyFile.encrypted(keyPair, passphrase: Array("correct horse".utf8), cost: cost, entropy: entropy))
    }

    @Test func plainFilesRoundTrip() throws {
        let file = KeyFile.plain(keyPair)
        #expect(file.count == 81)
        #expect(try KeyFile.publicKey(in: file) == keyPair.publicKey)
        #expect(try !KeyFile.isEncrypted(file))
        #expect(try KeyFile.open(file, passphrase: nil).exportSeed() == keyPair.exportSeed())
    }

    /// Written once: later versions must read what this version wrote.
    @Test func readsTheGoldenFile() throws {
        let golden =
            "8e4946584b45590100" + "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
            + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        let body = try #require(Hex.decode(golden))
        #expect(KeyFile.plain(keyPair) == body + Hash.blake2b(body).array.prefix(8))
    }

    @Test func encryptedFilesRoundTrip() throws {
        let file = try encrypted()
        #expect(try KeyFile.isEncrypted(file))
        #expect(try KeyFile.publicKey(in: file) == keyPair.publicKey)
        #expect(try KeyFile.open(file, passphrase: Array("correct horse".utf8)).publicKey == keyPair.publicKey)
        #expect(throws: KeyFile.Failure.wrongPassphrase) { try KeyFile.open(file, passphrase: Array("correct hors".utf8)) }
        #expect(throws: KeyFile.Failure.passphraseNeeded) { try KeyFile.open(file, passphrase: nil) }
        #expect(!file.contains(keyPair.exportSeed()))
    }

    @Test func damageIsFoundEverywhere() throws {
        for file in [KeyFile.plain(keyPair), try encrypted()] {
            for index in file.indices {
                var changed = file
                changed[index] ^= 1
                #expect(throws: KeyFile.Failure.self) { try KeyFile.open(changed, passphrase: Array("correct horse".utf8)) }
            }
            for count in 0..<file.count {
                #expect(throws: KeyFile.Failure.self) { try KeyFile.open(Array(file.prefix(count)), passphrase: []) }
            }
            #expect(throws: KeyFile.Failure.damaged) { try KeyFile.open(file + [0], passphrase: []) }
        }
    }

    /// A file from elsewhere may not make us use gigabytes.
    @Test func costsAreBoundedBeforeTheyArePaid() throws {
        var body = Array(try encrypted().dropLast(8))
        body.replaceSubrange(41..<49, with: [0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff])
        let file = body + Hash.blake2b(body).array.prefix(8)
        #expect(throws: KeyFile.Failure.costRefused) { try KeyFile.open(file, passphrase: [1]) }
        #expect(KeyFile.encrypted(keyPair, passphrase: [], cost: .init(passes: 99, memory: 64), entropy: entropy) == nil)
        #expect(KeyFile.encrypted(keyPair, passphrase: [], cost: cost, entropy: [1]) == nil)
    }
}
