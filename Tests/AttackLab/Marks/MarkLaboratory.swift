import Foundation
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Wire

/// Pictures of one scene, with the quads of any number of keys.
struct MarkLaboratory {
    let settings: RenderSettings
    let tile: Tile
    /// Without marks, each with random numbers of its own.
    let plain: [RawPicture]
    private let bundle: SceneBundle
    private let prepared: PreparedScene
    private let sample: SampleMap
    private let camera: CameraView
    private let parameters = MarkParameters()
    private let device = NativeDevice()

    init(scene: CanonicalScene, size: UInt32, samples: UInt32, pictures: Int) throws {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size, size, samples, 4)
        self.settings = settings
        let tile = Tile(x: 0, y: 0, width: size, height: size)
        self.tile = tile
        bundle = try scene.encode()
        let prepared = try PreparedScene(scene)
        self.prepared = prepared
        camera = try prepared.camera(settings)
        let request = SampleMap.request(settings: settings, frame: 1, tile: tile, rngKey: RNGKey.local(seed: 0))
        guard let sample = SampleMap(tile: tile, records: try device.render(prepared, request)) else {
            throw Laboratory.Failure(text: "no sample render")
        }
        self.sample = sample
        plain = try (0..<pictures).map { number in
            guard let picture = RawPicture(records: try NativeDevice().render(prepared, MarkLaboratory.request(settings, number))) else {
                throw Laboratory.Failure(text: "no picture")
            }
            return picture
        }
    }

    private static func request(_ settings: RenderSettings, _ number: Int) -> RenderRequest {
        RenderRequest(
            settings: settings, frame: 1, rngKey: 1_000 + UInt64(number),
            tile: Tile(x: 0, y: 0, width: settings.width, height: settings.height), samples: 0..<settings.samples)
    }

    /// A task's marks, by the number of its key.
    func marks(_ key: Int) throws -> (quads: [MarkQuad], secret: MarkSecret) {
        let placement = MarkPlacement(
            parameters, key: MarkKey(Bytes32(words: UInt64(key), 5, 5, 5)), settings: settings, tile: tile, sample: sample,
            hasLens: camera.lensRadius > 0)
        guard let placement,
            let quads = placement.quads(camera: camera, depths: try prepared.depths(settings, at: placement.points))
        else { throw Laboratory.Failure(text: "no room for marks") }
        return (quads, placement.secret(quads, frame: 1, tile: tile))
    }

    /// The render of the marked scene. Only the pixels of the marks differ from the plain one, so they alone are rendered.
    func marked(_ quads: [MarkQuad], _ secret: MarkSecret, picture number: Int) throws -> RawPicture {
        let overlay = SceneOverlay(quads, camera: camera, settings: settings, parameters: parameters)
        let blocks = bundle.blocks
        let added = try SceneManifest(bundle.manifest).adding(overlay) { id throws(SceneFormatError) in
            blocks.first { $0.id == id }?.bytes
        }
        let scene = try PreparedScene(
            try CanonicalScene(SceneBundle(root: added.root, manifest: added.manifest, blocks: blocks + added.blocks)))
        let pixels = PictureRepair.pixels(of: secret, filter: settings.filter)
        let request = MarkLaboratory.request(settings, number)
        let values = try device.recompute(scene, request, places: PictureRepair.places(pixels, samples: request.samples))
        guard let picture = PictureRepair(pixels: pixels, samples: request.samples, values: values)?.applied(to: plain[number]) else {
            throw Laboratory.Failure(text: "no marked picture")
        }
        return picture
    }
}
