import Crypto
import Identity
import Testing
import Wire

@testable import ProofOfRender

@Suite struct RecordTests {
    let network = Sample.network

    @Test("a signature holds for one network, type, author and body", arguments: [false, true])
    func signature(_ real: Bool) {
        let signing: Signing = real ? .ed25519(KeyPair(seed: words(1))) : Fixture.signing(1)
        let record = Record.signed(type: .held, body: [1, 2, 3], by: signing, network: network)
        #expect(record.verify(with: signing, network: network))
        #expect(!record.verify(with: signing, network: NetworkID(.zero)))
        func altered(_ change: (inout Record) -> Void) -> Record {
            var other = record
            change(&other)
            return other
        }
        let others = [
            altered { $0.type = .commitment }, altered { $0.body = [1, 2, 4] }, altered { $0.body = [1, 2] },
            altered { $0.author = KeyPair(seed: words(2)).publicKey },
        ]
        for other in others {
            #expect(!other.verify(with: signing, network: network))
            #expect(other.id(network: network) != record.id(network: network))
        }
        #expect(altered { $0.signature.r = .zero }.id(network: network) == record.id(network: network))
        #expect(record.id(network: NetworkID(.zero)) != record.id(network: network))
    }

    @Test func bodiesAreBoundedByType() throws {
        let body = [UInt8](repeating: 1, count: RecordType.held.bodyMax)
        let record = Record.signed(type: .held, body: body, by: Fixture.signing(1), network: network)
        #expect(try Record(encoded: record.encoded) == record)
        var larger = record
        larger.body.append(1)
        #expect(throws: WireError.outOfBounds) { try Record(encoded: larger.encoded) }
        #expect(!larger.verify(with: Fixture.signing(1), network: network))
        #expect(throws: WireError.malformedField) { try record.decoded(as: Commitment.self) }
    }

    /// Sizes of the groups that the network has.
    @Test(arguments: [(1, 0, 1), (4, 1, 3), (5, 1, 4), (31, 10, 21), (101, 33, 68), (300, 99, 200)])
    func quorum(_ n: Int, _ f: Int, _ q: Int) {
        let quorum = Quorum(members: n)
        #expect(quorum.f == f)
        #expect(quorum.q == q)
        #expect(quorum.honest == f + 1)
        // Two quorums share more than f members.
        #expect(2 * quorum.q - n > f)
        // The honest alone can decide.
        #expect(n - f >= quorum.q)
    }

    @Test func certificateNeedsItsQuorum() {
        let members = (0..<9).map { Fixture.signing(UInt64(20 + $0)) }
        let keys = members.map(\.publicKey)
        let id = words(3)
        func certificate(_ signers: [Int], term: UInt64 = 1) -> Certificate {
            let message = Certificate.signedBytes(recordID: id, statement: .vote, term: term, network: network)
            var signatures: [Int: Signature] = [:]
            for signer in signers { signatures[signer] = members[signer].sign(message) }
            return Certificate(recordID: id, statement: .vote, term: term, members: 9, signatures: signatures)
        }
        func holds(_ certificate: Certificate, needed: Int = 6) -> Bool {
            certificate.verify(members: keys, needed: needed, with: members[0], network: network)
        }
        let full = certificate([0, 2, 3, 5, 7, 8])
        #expect(holds(full))
        #expect(!holds(full, needed: 7))
        #expect(!holds(certificate([]), needed: 0))
        var other = full
        other.term = 2
        #expect(!holds(other))
        other = full
        other.statement = .stored
        #expect(!holds(other))
        other = full
        other.bitmap[0] ^= 3
        #expect(!holds(other), "a signature of member 0 is not one of member 1")
        other = full
        other.bitmap[1] |= 2
        other.signatures.append(other.signatures[0])
        #expect(other.signers(of: 9) == nil, "a bit beyond the members")
        other = full
        other.signatures.removeLast()
        #expect(!holds(other))
        #expect(!full.verify(members: Array(keys.dropLast()), needed: 6, with: members[0], network: network))
    }

    @Test("sums of rays end below 2^63, and never wrap")
    func sumsAreChecked() {
        func node(_ rays: UInt64) -> SumNode { SumNode(hash: words(rays), rays: rays) }
        #expect(SumNode.inner(node(SumNode.raysMax - 1), node(1))?.rays == SumNode.raysMax)
        #expect(SumNode.inner(node(SumNode.raysMax), node(1)) == nil)
        #expect(SumNode.inner(node(SumNode.raysMax), node(SumNode.raysMax)) == nil)
    }
}
