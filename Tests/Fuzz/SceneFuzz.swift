// fuzz: RenderEngine SceneIO
// with: Tests/RenderEngineTests/FeatureDocument.swift
// seeds: scenes/cornell.glb scenes/env_gradient.exr
// Scenes and skies from hostile bytes: refused with a reason and advice, or a scene that every Worker can decode, prepare and render to
// finite numbers, within the memory that was allowed.
import Foundation
import RenderEngine
import RenderModel
import SceneIO

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScene(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var limits = SceneLimits()
    limits.memoryMax = 64 << 20
    _ = try? StoredPicture(bytes: bytes, limits: limits)
    do throws(SceneError) {
        check(try SceneReader(limits: limits).load(bytes: bytes).scene)
    } catch {
        precondition(!error.reason.isEmpty && !error.advice.isEmpty, "a refusal without a reason or advice")
    }
    return 0
}

/// What the reader accepts, the rest of the way to a picture.
private func check(_ scene: CanonicalScene) {
    do throws(SceneFormatError) {
        let again = try CanonicalScene(try scene.encode(), dataMax: 64 << 20)
        precondition(again == scene, "a scene changed on its way out and in")
    } catch {
        // A manifest has a limit of its own.
        guard case .tooLarge = error else { preconditionFailure("accepted, and then \(error)") }
    }
    var settings = RenderSettings()
    (settings.width, settings.height, settings.samples, settings.depth) = (8, 8, 1, 4)
    let request = RenderRequest(
        settings: settings, frame: 7, rngKey: 1, tile: Tile(x: 0, y: 0, width: 8, height: 8), samples: 0..<1)
    do throws(RenderError) {
        let records = try NativeDevice(threads: 1).render(PreparedScene(scene, frame: 7, memoryMax: 256 << 20), request)
        precondition(records.sums.allSatisfy(\.isFinite), "a sum is not finite")
    } catch {
        switch error {
        // What the reader's limits allow may still be more than this cap: instances share their mesh in the file.
        case .outOfMemory, .sceneTooLarge: break
        default: preconditionFailure("accepted, and then \(error)")
        }
    }
}

/// Writes the document that uses every structure into the corpus, before it is read.
@_cdecl("LLVMFuzzerInitialize")
public func prepareCorpus(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let count, let list = arguments?.pointee, count.pointee > 1, let last = list[Int(count.pointee) - 1] else { return 0 }
    var isFolder: ObjCBool = false
    let corpus = String(cString: last)
    guard FileManager.default.fileExists(atPath: corpus, isDirectory: &isFolder), isFolder.boolValue else { return 0 }
    let document = try? JSONSerialization.data(withJSONObject: FeatureDocument.make(), options: [.sortedKeys])
    _ = FileManager.default.createFile(atPath: corpus + "/features.gltf", contents: document)
    return 0
}
