import ProofOfRender
import RenderEngine
import RenderModel
import Testing
import Wire

/// Marks in rendered pictures: they change their imprint and nothing else, are found, and can be taken out again.
@Suite struct MarkedRenderTests {
    private struct Run {
        var secret: MarkSecret
        var plain: RawPicture
        var marked: RawPicture
        var prepared: PreparedScene
        var request: RenderRequest
    }

    private func run(_ scene: CanonicalScene, _ filter: PixelFilter, tile: Tile? = nil) throws -> Run {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth, settings.filter) = (288, 264, 20, 4, filter)
        let tile = tile ?? Tile(x: 0, y: 0, width: 288, height: 264)
        let (frame, device) = (UInt32(2), NativeDevice())
        let prepared = try PreparedScene(scene, frame: frame)
        let low = SampleMap.request(settings: settings, frame: frame, tile: tile, rngKey: 5)
        let sample = try #require(SampleMap(tile: tile, records: try device.render(prepared, low)))
        let camera = try prepared.camera(settings)
        var parameters = MarkParameters()
        parameters.count = 8
        let placement = try #require(
            MarkPlacement(
                parameters, key: MarkKey(Bytes32(words: 4, 4, 4, 4)), settings: settings, tile: tile, sample: sample,
                hasLens: camera.lensRadius > 0))
        let quads = try #require(placement.quads(camera: camera, depths: try prepared.depths(settings, at: placement.points)))
        let bundle = try scene.encode()
        let overlay = SceneOverlay(quads, camera: camera, settings: settings, parameters: parameters)
        let added = try SceneManifest(bundle.manifest).adding(overlay) { id throws(SceneFormatError) in
            bundle.blocks.first { $0.id == id }?.bytes
        }
        let marked = try CanonicalScene(
            SceneBundle(root: added.root, manifest: added.manifest, blocks: bundle.blocks + added.blocks))
        let request = RenderRequest(settings: settings, frame: frame, rngKey: 77, tile: tile, samples: 0..<20)
        return Run(
            secret: placement.secret(quads, frame: frame, tile: tile),
            plain: try #require(RawPicture(records: try device.render(prepared, request))),
            marked: try #require(RawPicture(records: try device.render(try PreparedScene(marked, frame: frame), request))),
            prepared: prepared, request: request)
    }

    /// Without and with a lens, in parallel and in perspective, sharp and soft filter.
    @Test(arguments: [(true, PixelFilter.box), (true, .blackmanHarris), (false, .box)])
    func onlyTheImprintChangesAndRepairTakesItOut(isMedley: Bool, filter: PixelFilter) throws {
        var scene = isMedley ? KnownAnswers.medley : KnownAnswers.night
        // In front of everything: marks stand on the plane of focus.
        scene.cameras[0].focusDistance = 1.5
        let run = try run(scene, filter)
        #expect(run.secret.regions.count == 8)
        var changed = 0
        for y in 0..<264 {
            for x in 0..<288 where run.plain[x, y] != run.marked[x, y] {
                changed += 1
                let margin = filter == .box ? 0 : 2
                let isImprint = run.secret.regions.contains { region in
                    x >= region.x - margin && x < region.x + region.width + margin && y >= region.y - margin
                        && y < region.y + region.height + margin
                }
                #expect(isImprint, "pixel \(x), \(y)")
            }
        }
        #expect(changed >= 8 * 16)

        let pixels = PictureRepair.pixels(of: run.secret, filter: filter)
        let places = PictureRepair.places(pixels, samples: run.request.samples)
        let values = try NativeDevice().recompute(run.prepared, run.request, places: places)
        let repair = try #require(PictureRepair(pixels: pixels, samples: run.request.samples, values: values))
        #expect(repair.applied(to: run.marked)?.bytes == run.plain.bytes)
        #expect(PictureRepair(pixels: pixels, samples: run.request.samples, values: Array(values.dropLast())) == nil)
    }

    @Test func marksAreFoundInTheRenderAlone() throws {
        let run = try run(KnownAnswers.night, .box, tile: Tile(x: 16, y: 8, width: 272, height: 256))
        #expect(try #require(MatchedFilter(run.marked, secret: run.secret)).passes)
        let plain = try #require(MatchedFilter(run.plain, secret: run.secret))
        #expect(!plain.passes && abs(plain.score) < 1.5)
        #expect(try #require(LaplacianCheck(run.plain, secret: run.secret)).passes == false)
    }

    @Test func depthsAreThoseOfTheFirstSurface() throws {
        let prepared = try PreparedScene(KnownAnswers.night, frame: 1)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.layers) = (32, 32, .depth)
        let camera = try prepared.camera(settings)
        #expect(!camera.isPerspective && camera.forward == [0, 0, -1] && camera.origin == [0, 0.2, 5])
        let points = (0..<32).flatMap { y in (0..<32).map { CameraPoint(x: Float($0) + 0.5, y: Float(y) + 0.5) } }
        let depths = try prepared.depths(settings, at: points)
        // The wall at z = −2, as far as it reaches, is nearest almost everywhere.
        #expect(depths.count { abs($0 - 7) < 1e-4 } > 500)
        #expect(depths.allSatisfy { $0 > 2 })
        for (point, depth) in zip(points, depths) where depth.isFinite {
            let place = camera.point(x: Double(point.x), y: Double(point.y), width: 32, height: 32, depth: Double(depth))
            #expect(abs(place.z - (5 - Double(depth))) < 1e-4)
        }
        #expect(try prepared.depths(settings, at: [CameraPoint(x: .nan, y: -1e30), CameraPoint(x: 1e30, y: .infinity)]).count == 2)
    }
}
