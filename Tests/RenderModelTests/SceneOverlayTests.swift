import RenderModel
import Testing
import Wire

@Suite struct SceneOverlayTests {
    private func overlay() -> SceneOverlay {
        var overlay = SceneOverlay()
        var image = SceneImage()
        (image.width, image.height, image.format, image.texels) = (8, 8, .rgba8, [UInt8](repeating: 7, count: 256))
        var material = SceneMaterial()
        material.cameraOnly = true
        material.baseColorTexture.texture = 0
        var primitive = ScenePrimitive()
        (primitive.positions, primitive.indices, primitive.material) = ([0, 0, 0, 1, 0, 0, 0, 1, 0], [0, 1, 2], 0)
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        var node = SceneNode()
        (node.mesh, node.translation) = (0, [1, 2, 3])
        (overlay.images, overlay.textures, overlay.materials) = ([image], [SceneTexture()], [material])
        (overlay.meshes, overlay.nodes) = ([mesh], [node])
        return overlay
    }

    private func add(_ overlay: SceneOverlay, to bundle: SceneBundle) throws -> (scene: CanonicalScene, new: [SceneBlock]) {
        let added = try SceneManifest(bundle.manifest).adding(overlay) { id throws(SceneFormatError) in
            bundle.blocks.first { $0.id == id }?.bytes
        }
        let all = SceneBundle(root: added.root, manifest: added.manifest, blocks: bundle.blocks + added.blocks)
        return (try CanonicalScene(all), added.blocks)
    }

    @Test func everythingElseStaysAsItWas() throws {
        let scene = SceneFixture.complete
        let bundle = try scene.encode()
        let (marked, new) = try add(overlay(), to: bundle)
        #expect(marked.nodes.dropLast() == scene.nodes[...])
        #expect(marked.meshes.dropLast() == scene.meshes[...])
        #expect(marked.materials.dropLast() == scene.materials[...])
        #expect(marked.images.dropLast() == scene.images[...] && marked.textures.dropLast() == scene.textures[...])
        #expect(marked.skins == scene.skins && marked.animations == scene.animations && marked.sky == scene.sky)
        let node = try #require(marked.nodes.last)
        #expect(Int(node.mesh) == scene.meshes.count && node.parent == -1 && node.translation == [1, 2, 3] && node.scale == [1, 1, 1])
        #expect(Int(marked.meshes.last!.primitives[0].material) == scene.materials.count)
        #expect(Int(marked.materials.last!.baseColorTexture.texture) == scene.textures.count)
        #expect(Int(marked.textures.last!.image) == scene.images.count)
        // The same scene in whatever way it came to be has the same root.
        #expect(try marked.encode().root == SceneBlock(bytes: marked.encode().manifest).id)
        #expect(new.reduce(0) { $0 + $1.bytes.count } < 4096)
    }

    @Test func onlyTheEndOfALongNodeTableIsNew() throws {
        var scene = CanonicalScene()
        scene.nodes = (0..<40_000).map { number in
            var node = SceneNode()
            node.translation.x = Float(number)
            return node
        }
        let bundle = try scene.encode()
        var asked: [CID] = []
        let added = try SceneManifest(bundle.manifest).adding(overlay()) { id throws(SceneFormatError) in
            asked.append(id)
            return bundle.blocks.first { $0.id == id }?.bytes
        }
        #expect(asked == [bundle.blocks[2].id])
        // The end of the table and the texels; three corners fit the manifest.
        #expect(bundle.blocks.count == 3 && added.blocks.count == 2)
        let (marked, _) = try add(overlay(), to: bundle)
        #expect(marked.nodes.dropLast() == scene.nodes[...])
        #expect(try marked.encode().root == added.root)
    }

    @Test func aMissingOrWrongBlockIsAnError() throws {
        let bundle = try SceneFixture.complete.encode()
        let manifest = try SceneManifest(bundle.manifest)
        #expect(throws: SceneFormatError.self) { try manifest.adding(overlay()) { _ throws(SceneFormatError) in nil } }
        #expect(throws: SceneFormatError.self) { try manifest.adding(overlay()) { _ throws(SceneFormatError) in [1, 2, 3] } }
    }

    @Test func anEmptySceneTakesOne() throws {
        let (marked, _) = try add(overlay(), to: try CanonicalScene().encode())
        #expect(marked.nodes.count == 1 && marked.meshes.count == 1)
    }
}
