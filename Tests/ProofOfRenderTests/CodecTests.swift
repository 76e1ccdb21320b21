import Crypto
import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct CodecTests {
    /// Every message as bytes, with a decoder that gives the bytes of what it read.
    private static let messages: [(name: String, bytes: [UInt8], recode: @Sendable ([UInt8]) throws(WireError) -> [UInt8])] = [
        ("offer", Sample.offer.body, { bytes throws(WireError) in try Offer(body: bytes).body }),
        ("commitment", Sample.commitment.body, { bytes throws(WireError) in try Commitment(body: bytes).body }),
        ("held", Held(commitment: words(1)).body, { bytes throws(WireError) in try Held(body: bytes).body }),
        ("duty", Sample.duty.body, { bytes throws(WireError) in try Duty(body: bytes).body }),
        ("accept", DutyAccept(duty: words(1), nonce: words(2)).body, { bytes throws(WireError) in try DutyAccept(body: bytes).body }),
        ("challenge", Challenge(duty: words(1), nonce: words(2)).body, { bytes throws(WireError) in try Challenge(body: bytes).body }),
        ("locators", Sample.locators.body, { bytes throws(WireError) in try Locators(body: bytes).body }),
        (
            "openings", Openings(duty: words(1), blind: words(2), values: Sample.block.values(bucket: 0)).body,
            { bytes throws(WireError) in try Openings(body: bytes).body }
        ),
        ("verdict", Sample.verdict.body, { bytes throws(WireError) in try Verdict(body: bytes).body }),
        ("end", Sample.attemptEnd.body, { bytes throws(WireError) in try AttemptEnd(body: bytes).body }),
        ("shard", Sample.shardRoot.body, { bytes throws(WireError) in try ShardRoot(body: bytes).body }),
        ("round", Sample.roundRoot.body, { bytes throws(WireError) in try RoundRoot(body: bytes).body }),
        ("beacon", Sample.beacon.body, { bytes throws(WireError) in try Beacon(body: bytes).body }),
        (
            "record", Sample.offer.signed(by: Fixture.signing(1), network: Sample.network).encoded,
            { bytes throws(WireError) in try Record(encoded: bytes).encoded }
        ),
        (
            "certificate",
            Certificate(
                recordID: words(1), statement: .vote, term: 3, members: 9, signatures: [8: Signature(r: words(1), s: words(2))]
            ).encoded, { bytes throws(WireError) in try Certificate(encoded: bytes[...]).encoded }
        ),
        (
            "manifest", PictureManifest(tile: Tile(x: 0, y: 0, width: 320, height: 280), blocks: [Sample.scene, Sample.scene]).encoded,
            { bytes throws(WireError) in try PictureManifest(encoded: bytes).encoded }
        ),
    ]

    @Test("mutated bytes are refused or read back as they are", arguments: 0..<16)
    func mutations(_ index: Int) {
        let message = CodecTests.messages[index]
        var random = Generator(seed: UInt64(index))
        #expect((try? message.recode(message.bytes)) == message.bytes)
        var accepted = 0
        for _ in 0..<1500 {
            let bytes = mutate(message.bytes, &random)
            guard let again = try? message.recode(bytes) else { continue }
            accepted += 1
            #expect(again == bytes, "\(message.name)")
        }
        // Most bytes are hashes and keys, so many mutations are other valid messages.
        #expect(accepted > 0 && accepted < 1500)
    }

    private func mutate(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<3, using: &random) {
            let position = Int.random(in: 0..<max(1, bytes.count), using: &random)
            guard position < bytes.count else { continue }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(position...)
            case 3: bytes.insert(0xff, at: position)
            case 4: bytes.remove(at: position)
            default:
                let end = min(bytes.count, position + 40)
                bytes.insert(contentsOf: Array(bytes[position..<end]), at: position)
            }
        }
        return bytes
    }

    @Test func offersOutOfBoundsAreRefused() {
        func refused(_ change: (inout Offer) -> Void) -> Bool {
            var offer = Sample.offer
            change(&offer)
            return !offer.isValid && (try? Offer(body: offer.body)) == nil
        }
        #expect(Sample.offer.isValid)
        #expect(refused { $0.settings.width = 65_537 })
        #expect(refused { $0.settings.height = 0 })
        #expect(refused { $0.settings.depth = 65 })
        #expect(refused { $0.settings.depth = 0 })
        #expect(refused { $0.settings.layers = .alpha })
        #expect(refused { $0.settings.ignore = RenderSettings.Ignored(rawValue: 8) })
        #expect(refused { $0.tile.x = 4 })
        #expect(refused { $0.tile.width = 12 })
        #expect(refused { $0.tile.width = 40 })
        #expect(refused { $0.tile.y = 24 })
        #expect(refused { $0.samples = 8..<32 })
        #expect(refused { $0.samples = 0..<24 })
        #expect(refused { $0.samples = 16..<48 })
        #expect(refused { $0.frame = 0 })
        #expect(refused { $0.rayChallenges = 0 })
        #expect(refused { $0.areaChallenges = 4097 })
        #expect(refused { $0.sealedKey = [UInt8](repeating: 1, count: 4097) })
        // 4,096 buckets of 77 pixels would take more than an opening may hold.
        #expect(
            refused { offer in
                offer.settings.samples = 65_536
                offer.samples = 0..<65_536
            })
    }

    @Test func largestTileIsBounded() {
        var settings = RenderSettings()
        (settings.width, settings.height) = (65_536, 65_536)
        #expect(RecordGrid(settings: settings, tile: Tile(x: 0, y: 0, width: 8192, height: 4096), samples: 0..<64) != nil)
        #expect(RecordGrid(settings: settings, tile: Tile(x: 0, y: 0, width: 8192, height: 4104), samples: 0..<64) == nil)
        #expect(RecordGrid(settings: settings, tile: Tile(x: .max - 7, y: 0, width: 16, height: 8), samples: 0..<64) == nil)
        #expect(RecordGrid(settings: settings, tile: Tile(x: 8, y: 0, width: .max, height: 8), samples: 0..<64) == nil)
    }

    @Test func otherEncodingsOfTheSameValueAreRefused() throws {
        var held = ProtobufWriter()
        held.bytes32(1, words(1))
        held.bytes32(1, words(2))
        #expect(throws: WireError.notCanonical) { try Held(body: held.bytes) }
        var unknown = ProtobufWriter()
        unknown.bytes32(1, words(1))
        unknown.uint64(9, 1)
        #expect(throws: WireError.notCanonical) { try Held(body: unknown.bytes) }
        #expect(throws: WireError.missingField) { try Held(body: []) }
        var beacon = ProtobufWriter()
        Sample.beacon.write(to: &beacon)
        var bytes = beacon.bytes
        bytes[bytes.count - 1] ^= 1
        #expect(throws: WireError.outOfBounds) { try Beacon(body: bytes) }
    }

    @Test func rejectReasonsRoundTrip() throws {
        let place = RecordPlace(x: 0, y: 65_535, bucket: 4_095)
        let reasons: [RejectReason] = [
            .impossibleTotal, .malformedLocators(challenge: 0), .badPath(challenge: 1), .badSum(challenge: 2), .wrongLeaf(challenge: 3),
            .rayCountTooLow(place), .rayCountTooHigh(place), .raysOutsideTile(block: 9, bucket: 8), .malformedOpenings,
            .wrongOpening(block: 7, bucket: 0), .rayCountMismatch(place), .valueMismatch(place), .wrongImageSize, .wrongImageHash,
            .pictureMismatch(x: 5, y: 6), .toleranceExceeded(rays: 4, pixels: 0),
        ]
        var seen: Set<[UInt8]> = []
        for reason in reasons {
            var verdict = Sample.verdictAccept
            verdict.outcome = .reject(reason)
            #expect(try Verdict(body: verdict.body).outcome == .reject(reason))
            #expect(seen.insert(verdict.body).inserted)
        }
        for reason in CannotReason.allCases {
            var verdict = Sample.verdictAccept
            verdict.outcome = .cannot(reason)
            #expect(try Verdict(body: verdict.body).outcome == .cannot(reason))
        }
    }
}
