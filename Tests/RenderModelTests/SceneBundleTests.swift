import Crypto
import Testing
import Wire

@testable import RenderModel

extension SceneBundle {
    /// Decodes from the bundle's own blocks.
    func decoded() throws -> CanonicalScene {
        let blocks = Dictionary(uniqueKeysWithValues: blocks.map { ($0.id, $0.bytes) })
        return try CanonicalScene(manifest: manifest) { blocks[$0] }
    }
}

@Suite("Canonical scenes as bytes")
struct SceneBundleTests {
    @Test func everyPartSurvives() throws {
        let bundle = try SceneFixture.complete.encode()
        #expect(try bundle.decoded() == SceneFixture.complete)
        #expect(try bundle.decoded().encode() == bundle)
    }

    @Test func anEmptySceneSurvives() throws {
        let bundle = try CanonicalScene().encode()
        #expect(bundle.manifest == [8, 1])
        #expect(bundle.blocks.isEmpty)
        #expect(try bundle.decoded() == CanonicalScene())
    }

    @Test func theManifestNamesItsBlocksOnce() throws {
        let bundle = try SceneFixture.complete.encode()
        #expect(try SceneManifest.blockIDs(of: bundle.manifest) == bundle.blocks.map(\.id))
        #expect(Set(bundle.blocks.map(\.id)).count == bundle.blocks.count)
        #expect(bundle.root == Hash.cid(of: bundle.manifest))
        for block in bundle.blocks { #expect(Hash.cid(of: block.bytes) == block.id) }
    }

    /// An image of 1.5 MiB whose two blocks differ, and one of 2 MiB whose blocks are equal.
    @Test func bulkDataIsCutAtOneMebibyteAndShared() throws {
        var scene = SceneFixture.triangle
        var image = SceneImage()
        (image.width, image.height) = (1024, 384)
        image.texels = (0..<(1024 * 384 * 4)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8 ^ $0 >> 20) }
        var flat = SceneImage()
        (flat.width, flat.height) = (1024, 512)
        flat.texels = [UInt8](repeating: 7, count: 1024 * 512 * 4)
        scene.images = [image, flat]
        let bundle = try scene.encode()
        #expect(bundle.blocks.map(\.bytes.count).sorted().suffix(3) == [1 << 19, 1 << 20, 1 << 20])
        #expect(try SceneManifest(bundle.manifest).dataSize > 3 << 20)
        #expect(try bundle.decoded() == scene)
    }

    @Test func aMissingOrAlteredBlockIsNamed() throws {
        let bundle = try SceneFixture.complete.encode()
        let victim = try #require(bundle.blocks.first)
        #expect(throws: SceneFormatError.missingBlock(victim.id)) {
            try CanonicalScene(manifest: bundle.manifest) { _ in nil }
        }
        #expect(throws: SceneFormatError.wrongBlock(victim.id)) {
            try CanonicalScene(manifest: bundle.manifest) { id in
                var bytes = bundle.blocks.first { $0.id == id }?.bytes
                if id == victim.id { bytes?[0] ^= 1 }
                return bytes
            }
        }
        #expect(throws: SceneFormatError.wrongBlock(victim.id)) {
            try CanonicalScene(manifest: bundle.manifest) { _ in [] }
        }
    }

    @Test func theDataCapHolds() throws {
        let bundle = try SceneFixture.complete.encode()
        let size = try SceneManifest(bundle.manifest).dataSize
        let blocks = Dictionary(uniqueKeysWithValues: bundle.blocks.map { ($0.id, $0.bytes) })
        #expect(throws: SceneFormatError.self) {
            try CanonicalScene(manifest: bundle.manifest, dataMax: size - 1) { blocks[$0] }
        }
        #expect(try CanonicalScene(manifest: bundle.manifest, dataMax: size) { blocks[$0] } == SceneFixture.complete)
    }

    @Test func aManifestBeyondOneBlockIsRefused() throws {
        var scene = SceneFixture.triangle
        scene.meshes = Array(repeating: scene.meshes[0], count: 1 << 15)
        #expect { try scene.encode() } throws: { ($0 as? SceneFormatError)?.description.contains("manifest") == true }
    }

    /// Bytes written down once, read back with the official protobuf runtime and `docs/protocols/scene.proto`: two nodes (the block
    /// of 144 bytes), one mesh, one camera, a constant sky.
    @Test func goldenVector() throws {
        let bundle = try SceneFixture.triangle.encode()
        let golden =
            "080110021a290890011a24015512208358960dc64f38d284bf2d7517fb17a300cbc5ba1aa8b52e15b79e96c5768d123a3c12"
            + "3a100318033234083012300000000001000000020000000000000000000000000000000000803f0000000000000000000000"
            + "000000803f000000005a0a0a08cdcc4c3f000000007a0e0a0c0000003f0000003f0000003f"
        #expect(Hex.encode(bundle.manifest) == golden)
        #expect(bundle.root.description == "bafkreifrcdtfh3mykfftenpvqht6g353rdzdri2tdubhfyjnawip72tvca")
        #expect(bundle.blocks.map(\.bytes.count) == [144])
        #expect(try SceneFixture.complete.encode().root.description == "bafkreidklxq7nx7anea5adhst5aibfgio57vryopt4awduggplbi4okgme")
    }

    @Test func laterVersionsAreNamed() throws {
        #expect(throws: SceneFormatError.version(2)) { try SceneManifest([8, 2]) }
        #expect(throws: SceneFormatError.wire(.missingField)) { try SceneManifest([]) }
    }
}

@Suite("Hostile manifests")
struct HostileManifestTests {
    /// No prefix of a manifest is a manifest, except where a repeated or optional tail is cut exactly at a field.
    @Test func truncationNeverTraps() throws {
        let bundle = try SceneFixture.complete.encode()
        let blocks = Dictionary(uniqueKeysWithValues: bundle.blocks.map { ($0.id, $0.bytes) })
        for length in 0..<bundle.manifest.count {
            let scene = try? CanonicalScene(manifest: Array(bundle.manifest.prefix(length))) { blocks[$0] }
            #expect(scene != SceneFixture.complete)
        }
    }

    /// Three bits of every byte of the manifest, flipped alone: refused, or a valid scene with another root.
    @Test func bitFlipsAreRefusedOrAnotherScene() throws {
        let bundle = try SceneFixture.complete.encode()
        let blocks = Dictionary(uniqueKeysWithValues: bundle.blocks.map { ($0.id, $0.bytes) })
        var accepted = 0
        for position in bundle.manifest.indices {
            for mask: UInt8 in [1, 0x10, 0x80] {
                var manifest = bundle.manifest
                manifest[position] ^= mask
                guard let scene = try? CanonicalScene(manifest: manifest, block: { blocks[$0] }) else { continue }
                accepted += 1
                // What is accepted is canonical: it encodes to the bytes that it came from.
                #expect(try scene.encode().manifest == manifest)
            }
        }
        #expect(accepted > 0)
    }

    /// Every word of every block, replaced by NaN, by all ones and by a large index: refused, or valid and re-encodable.
    @Test(arguments: [0x7fc0_0000, 0xffff_ffff, 0x0fff_ffff, 0x7f80_0000] as [UInt32])
    func everyWordOfEveryBlock(_ word: UInt32) throws {
        let scene = SceneFixture.complete
        var sink = BlockSink()
        let manifest = SceneManifest(scene, &sink)
        var refused = 0
        for block in sink.blocks {
            for start in stride(from: 0, to: block.bytes.count - 3, by: 4) {
                var bytes = block.bytes
                for k in 0..<4 { bytes[start + k] = UInt8(truncatingIfNeeded: word >> (8 * k)) }
                let changed = SceneBlock(bytes: bytes)
                let text = manifest.encoded.replacing(block.id.bytes, with: changed.id.bytes)
                let result = try? CanonicalScene(manifest: text) { id in
                    id == changed.id ? bytes : sink.blocks.first { $0.id == id }?.bytes
                }
                if let result {
                    #expect(try result.encode().manifest == text)
                } else {
                    refused += 1
                }
            }
        }
        #expect(refused > 40)
    }

    @Test func unknownAndRepeatedFieldsAreRefused() throws {
        let manifest = try SceneFixture.triangle.encode().manifest
        #expect(throws: SceneFormatError.wire(.notCanonical)) { try SceneManifest(manifest + [0xf8, 0x07, 1]) }
        #expect(throws: SceneFormatError.wire(.notCanonical)) { try SceneManifest([8, 1, 8, 1]) }
    }

    /// A few bytes must not make the decoder allocate gigabytes.
    @Test func absurdCountsAreRefused() throws {
        var writer = ProtobufWriter()
        writer.uint32(1, 1)
        writer.uint64(2, 1 << 22)
        #expect(throws: SceneFormatError.wire(.outOfBounds)) { try SceneManifest(writer.bytes) }
        writer = ProtobufWriter()
        writer.uint32(1, 1)
        writer.message(10) {
            $0.uint32(1, .max)
            $0.uint32(2, .max)
        }
        #expect(throws: SceneFormatError.wire(.outOfBounds)) { try SceneManifest(writer.bytes) }
        writer = ProtobufWriter()
        writer.uint32(1, 1)
        writer.message(3) { $0.uint64(1, 1 << 40) }
        #expect(throws: SceneFormatError.wire(.outOfBounds)) { try SceneManifest(writer.bytes) }
    }
}

@Suite("Scene archives")
struct SceneArchiveTests {
    @Test func archivesSurvive() throws {
        for scene in [SceneFixture.complete, SceneFixture.triangle, CanonicalScene()] {
            let bundle = try scene.encode()
            #expect(SceneBundle.isArchive(bundle.archive))
            #expect(try SceneBundle(archive: bundle.archive) == bundle)
            #expect(try CanonicalScene(SceneBundle(archive: bundle.archive)) == scene)
        }
    }

    /// The header is DAG-CBOR as any other reader of the format writes it (checked with Python's `cbor2` and the specification).
    @Test func theHeaderIsThatOfVersionOne() throws {
        let bundle = try CanonicalScene().encode()
        let header = "3aa265726f6f747381d82a582500" + Hex.encode(bundle.root.bytes) + "6776657273696f6e01"
        #expect(Hex.encode(Array(bundle.archive.prefix(59))) == header)
        #expect(Hex.encode(Array(bundle.archive.dropFirst(59))) == "26" + Hex.encode(bundle.root.bytes) + "0801")
    }

    @Test func damageIsRefused() throws {
        let archive = try SceneFixture.complete.encode().archive
        for length in 0..<min(archive.count, 1500) {
            // Cut at the end of a section it is an archive whose scene lacks blocks.
            if let bundle = try? SceneBundle(archive: Array(archive.prefix(length))) {
                #expect(throws: SceneFormatError.self) { try CanonicalScene(bundle) }
            }
        }
        for position in archive.indices {
            var damaged = archive
            damaged[position] ^= 0x11
            #expect(throws: SceneFormatError.self) { try SceneBundle(archive: damaged) }
        }
    }
}
