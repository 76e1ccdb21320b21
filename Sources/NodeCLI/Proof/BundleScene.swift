internal import Console
internal import Identity
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Wire

/// The scene that a bundle's offer names, ready to render, and the offer's request.
struct BundleScene {
    let offer: Offer
    let request: RenderRequest
    let prepared: PreparedScene

    init(_ bundle: ProofBundle, blocks: SceneBlocks) throws {
        guard let offer = try? bundle.offer.decoded(as: Offer.self) else {
            throw CommandFailure(.failed, "the bundle holds no offer", advice: "fetch it again")
        }
        self.offer = offer
        request = offer.renderRequest(offer: bundle.offer.id(network: bundle.network))
        guard let manifest = blocks.block(offer.sceneRoot) else {
            throw CommandFailure(
                .notReplayed, "the scene \(offer.sceneRoot) is not in the bundle", advice: "give its blocks with --scene")
        }
        do {
            let scene = try CanonicalScene(manifest: manifest) { (cid: CID) throws(SceneFormatError) -> [UInt8]? in blocks.block(cid) }
            prepared = try PreparedScene(scene, frame: offer.frame)
        } catch let error as SceneFormatError {
            throw CommandFailure(.notReplayed, "the scene of the bundle cannot be read: \(error)", advice: "give its blocks with --scene")
        } catch let error as RenderError {
            throw CommandFailure(.notReplayed, error.description)
        }
    }

    /// Profile D: the bits that an honest Worker gets there, on any device.
    func render(_ tile: Tile) throws -> TileRecords {
        var part = request
        part.tile = tile
        do {
            return try NativeDevice().render(prepared, part)
        } catch {
            throw CommandFailure(.notReplayed, error.description)
        }
    }
}
