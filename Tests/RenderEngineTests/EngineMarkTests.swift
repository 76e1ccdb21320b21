import EventLoop
import ProofOfRender
import RenderEngine
import RenderModel
import Testing
import Wire

/// Marking in the engine process: the copies that a Manager gives to its Workers.
extension EngineClientTests {
    private static let key = MarkKey(Bytes32(words: 4, 4, 4, 4))

    private func order(_ worker: UInt64) -> MarkOrder {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (640, 264, 32, 3)
        // The third tile is too narrow for marks.
        let tiles = [(0, 256), (256, 256), (512, 128)].map { Tile(x: $0.0, y: 0, width: $0.1, height: 264) }
        return MarkOrder(
            settings: settings, frame: 1, tiles: tiles, worker: Bytes32(words: worker, 0, 0, 0), key: EngineClientTests.key)
    }

    @Test func marksCopiesForOneWorkerAfterAnother() throws {
        let bundle = try TexturedWall.scene().encode()
        try withClient { loop, client in
            var results: [Result<MarkedCopy?, EngineFailure>] = []
            for worker in [1, 2, 1] as [UInt64] { try client.mark(EngineScene(bundle), order(worker)) { results.append($0) } }
            #expect(try loop.run(for: .seconds(120)) { results.count == 3 })
            let copies = try results.map { try #require(try $0.get()) }
            #expect(copies[0].root != copies[1].root && copies[0].root != bundle.root)
            // The same again: the root is the same, and its blocks are not sent twice.
            #expect(copies[2].root == copies[0].root && copies[2].parts == copies[0].parts && copies[2].blocks.isEmpty)
            #expect(copies[0].blocks.contains { $0.id == copies[0].root })
            let shared = Set(copies[0].blocks.map(\.id)).intersection(copies[1].blocks.map(\.id))
            #expect(shared.isEmpty, "blocks that went out before are left out")

            let prepared = try PreparedScene(TexturedWall.scene())
            for (worker, copy) in [(1, copies[0]), (2, copies[1])] as [(UInt64, MarkedCopy)] {
                let order = order(worker)
                let own = try MarkedScene(
                    bundle, prepared: prepared, copy: try TexelMarking(bundle, key: order.key).copy(for: order.worker), order: order,
                    device: NativeDevice(threads: 1))
                #expect(own.bundle.root == copy.root && own.parts == copy.parts)
                #expect(copy.parts.map(\.tile) == Array(order.tiles.prefix(2)))
            }
        }
    }

    /// The Manager's process dies, and the next one makes the same copy with all of its blocks.
    @Test func theSameCopyComesOfAnotherProcess() throws {
        let bundle = try TexturedWall.scene().encode()
        var copies: [MarkedCopy] = []
        for _ in 0..<2 {
            try withClient { loop, client in
                var result: Result<MarkedCopy?, EngineFailure>?
                try client.mark(EngineScene(bundle), order(1)) { result = $0 }
                #expect(try loop.run(for: .seconds(120)) { result != nil })
                copies.append(try #require(try result?.get()))
            }
        }
        #expect(copies[0] == copies[1])
    }

    @Test func aCopyIsKnownFromAnotherScene() throws {
        let wall = TexturedWall.scene()
        let bundle = try wall.encode()
        var other = wall
        other.nodes[0].translation.x += 0.01
        let moved = try other.encode()
        let prepared = try PreparedScene(wall)
        let order = order(1)
        let copy = try MarkedScene(
            bundle, prepared: prepared, copy: try TexelMarking(bundle, key: order.key).copy(for: order.worker), order: order,
            device: NativeDevice())
        func isCopy(_ manifest: [UInt8], of original: SceneBundle) throws -> Bool {
            let blocks = copy.bundle.blocks + bundle.blocks + moved.blocks
            return try MarkedCopy.isCopy(manifest, of: original.manifest) { (id: CID) throws(SceneFormatError) -> [UInt8]? in
                blocks.first { $0.id == id }?.bytes
            }
        }
        #expect(copy.bundle.manifest != bundle.manifest)
        #expect(try isCopy(copy.bundle.manifest, of: bundle))
        #expect(try isCopy(bundle.manifest, of: bundle))
        #expect(try !isCopy(moved.manifest, of: bundle))
        #expect(try !isCopy(copy.bundle.manifest, of: moved))
        #expect(try !isCopy(bundle.manifest, of: copy.bundle))

        // Textures that are more than 1 % off.
        let index = try #require(try SceneManifest(bundle.manifest).baseColorImages.first)
        var texels = try SceneManifest(copy.bundle.manifest).image(index) { (id: CID) throws(SceneFormatError) -> [UInt8]? in
            (copy.bundle.blocks + bundle.blocks).first { $0.id == id }?.bytes
        }.texels
        for at in stride(from: 1, to: texels.count, by: 8) { texels[at] = texels[at] &+ 8 }
        let painted = SceneManifest.blocks(ofTexels: texels)
        let forged = try SceneManifest(bundle.manifest).replacingTexels([index: painted.map(\.id)])
        #expect(
            try !MarkedCopy.isCopy(forged, of: bundle.manifest) { (id: CID) throws(SceneFormatError) -> [UInt8]? in
                (painted + bundle.blocks).first { $0.id == id }?.bytes
            })
    }
}
