import Crypto
import RenderModel
import Roles
import Store
import Testing
import Wire

@testable import NodeRuntime

/// A scene of one triangle mesh large enough to have blocks.
func sampleBundle() throws -> SceneBundle {
    var scene = CanonicalScene()
    var primitive = ScenePrimitive()
    primitive.positions = (0..<300).map { Float($0 % 7) * 0.25 }
    primitive.indices = (0..<99).map { UInt32($0) }
    var mesh = SceneMesh()
    mesh.primitives = [primitive]
    scene.meshes = [mesh]
    var node = SceneNode()
    node.mesh = 0
    var eye = SceneNode()
    eye.camera = 0
    scene.nodes = [node, eye]
    scene.cameras = [SceneCamera()]
    return try scene.encode()
}

@Suite("Scenes out of the store")
struct SceneSourceTests {
    @Test func aSurveyNamesWhatIsMissing() throws {
        let directory = try TemporaryDirectory()
        let blocks = try BlockStore(directory.path + "/blocks")
        let bundle = try sampleBundle()
        #expect(bundle.blocks.count >= 1)
        #expect(try SceneSurvey.make(root: bundle.root, in: blocks).survey == .missing([bundle.root]))

        _ = try blocks.put(bundle.manifest)
        let partial = try SceneSurvey.make(root: bundle.root, in: blocks)
        #expect(partial.survey == .missing(bundle.blocks.map(\.id)))
        #expect(partial.present == [bundle.root])

        for block in bundle.blocks { _ = try blocks.put(block.bytes) }
        let whole = try SceneSurvey.make(root: bundle.root, in: blocks)
        let size = bundle.manifest.count + bundle.blocks.map(\.bytes.count).reduce(0, +)
        #expect(whole.survey == .complete(bytes: UInt64(size)))
        #expect(Set(whole.present) == Set([bundle.root] + bundle.blocks.map(\.id)))
    }

    @Test func whatIsNoManifestFails() throws {
        let directory = try TemporaryDirectory()
        let blocks = try BlockStore(directory.path + "/blocks")
        let root = try blocks.put([1, 2, 3])
        #expect(try SceneSurvey.make(root: root, in: blocks).survey == .failed(.malformed))
        #expect(throws: SceneSource.Problem.malformed) { try SceneSource(blocks: blocks).scene(root: root, memoryMax: 1 << 30) }
        let missing = Hash.cid(of: [4])
        #expect(throws: SceneSource.Problem.unavailable) { try SceneSource(blocks: blocks).scene(root: missing, memoryMax: 1 << 30) }
    }
}

@Suite("Recomputed places")
struct RecomputedPlacesTests {
    private func settings(samples: UInt32 = 40) -> RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (100, 80, samples)
        return settings
    }

    @Test func theRequestIsTheSmallestThatHoldsThem() throws {
        let places = [RecordPlace(x: 9, y: 7, bucket: 1), RecordPlace(x: 3, y: 20, bucket: 2), RecordPlace(x: 5, y: 8, bucket: 1)]
        let request = try #require(RenderRequest(around: places, settings: settings(), frame: 3, rngKey: 11))
        #expect(request.tile == Tile(x: 3, y: 7, width: 7, height: 14))
        #expect(request.samples == 16..<40, "the last bucket is cut short by the samples")
        #expect(request.frame == 3 && request.rngKey == 11)
    }

    @Test(arguments: [
        RecordPlace(x: 100, y: 0, bucket: 0), RecordPlace(x: 0, y: 80, bucket: 0), RecordPlace(x: 0, y: 0, bucket: 3),
        RecordPlace(x: .max, y: .max, bucket: .max),
    ])
    func placesOutsideAreRefused(place: RecordPlace) {
        #expect(RenderRequest(around: [place], settings: settings(), frame: 1, rngKey: 0) == nil)
    }

    @Test func noPlacesGiveNoRequest() { #expect(RenderRequest(around: [], settings: settings(), frame: 1, rngKey: 0) == nil) }
}
