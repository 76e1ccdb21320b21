import Crypto
import Testing
import Wire

@testable import Identity

@Suite struct SignedEnvelopeTests {
    private let keyPair = KeyPair(seed: Bytes32((0..<32).map { UInt8($0) }) ?? .zero)
    private var signing: Signing { .ed25519(keyPair) }

    /// py-libp2p 0.8.1: same seed, sequence 1234567890123, /ip4/1.2.3.4/tcp/4001 and /ip6/::1/tcp/9.
    private let foreign =
        "0a240801122003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8120203011a530a2600240801122003a107bff3ce10be1d70dd18e7"
        + "4bc09967e4d6309ba50d5f1ddc8664125531b810cb89ec8ff7231a0a0a080401020304060fa11a160a1429000000000000000000000000000000010600092a40"
        + "85303b1d20f7699cbe3ea2ee87034596d0bd01dfea18637c561637c914a5c86b1abdcca3d674e39141cf844ba80aeb366bcad7de267b8d9b970f9112ab03af02"

    @Test func readsAndWritesWhatOthersDo() throws {
        let bytes = try #require(Hex.decode(foreign))
        let envelope = try SignedEnvelope(bytes[...])
        let record = try #require(PeerRecord(certified: envelope, signing: signing))
        #expect(record.sequence == 1_234_567_890_123)
        #expect(record.addresses.map(\.description) == ["/ip4/1.2.3.4/tcp/4001", "/ip6/::1/tcp/9"])
        // Ed25519 is deterministic: ours is the same to the last bit.
        #expect(record.sealed(with: signing).bytes == bytes)
    }

    @Test func nothingButTheOriginalIsValid() throws {
        let bytes = try #require(Hex.decode(foreign))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            guard let envelope = try? SignedEnvelope(changed[...]), let record = PeerRecord(certified: envelope, signing: signing) else {
                continue
            }
            Issue.record("byte \(index) may be changed: \(record)")
        }
        for count in bytes.indices {
            let envelope = try? SignedEnvelope(bytes.prefix(count))
            #expect(envelope.flatMap { PeerRecord(certified: $0, signing: signing) } == nil)
        }
    }

    @Test func signerAndPeerMustBeTheSame() {
        let other = PeerID(ed25519: Hash.sha256([1]))
        let record = PeerRecord(peer: other, sequence: 1, addresses: [])
        #expect(PeerRecord(certified: record.sealed(with: signing), signing: signing) == nil)
    }

    @Test func domainAndTypeAreSigned() {
        let record = PeerRecord(peer: PeerID(ed25519: keyPair.publicKey), sequence: 1, addresses: [])
        let elsewhere = SignedEnvelope(
            domain: "libp2p-routing-state", payloadType: PeerRecord.payloadType, payload: record.bytes, signing: signing)
        #expect(PeerRecord(certified: elsewhere, signing: signing) == nil)
        let typed = SignedEnvelope(domain: PeerRecord.domain, payloadType: [1], payload: record.bytes, signing: signing)
        #expect(PeerRecord(certified: typed, signing: signing) == nil)
    }

    @Test func oversizedEnvelopesAreRefusedBeforeTheyAreRead() {
        #expect(throws: WireError.outOfBounds) { try SignedEnvelope([UInt8](repeating: 0, count: 70_000)[...]) }
    }
}
