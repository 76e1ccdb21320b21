internal import NodeRuntime
internal import RenderModel
internal import Roles
internal import SceneIO

/// Puts frames together from their tiles and writes them as soon as they are whole.
///
/// A still is DIR/NAME.png; frames of an animation are DIR/NAME.0001.png and so on.
final class FrameFiles {
    let folder: String
    let name: String
    let order: JobOrder
    let exposure: Double
    let view: ViewTransform
    private var frames: [UInt32: FrameAssembly] = [:]
    private(set) var written: [String] = []
    /// What makes a picture suspicious.
    private(set) var warnings: [String] = []

    init(folder: String, name: String, order: JobOrder, exposure: Double, view: ViewTransform) {
        self.folder = folder
        self.name = name
        self.order = order
        self.exposure = exposure
        self.view = view
    }

    func insert(_ frame: UInt32, _ tile: Tile, _ bytes: [UInt8]) throws(DaemonError) {
        var assembly = frames[frame] ?? FrameAssembly(settings: order.settings)
        frames[frame] = nil
        guard assembly.insert(tile, bytes) else { throw DaemonError(.jobFailed, "a tile of frame \(frame) does not fit into the picture") }
        guard assembly.isComplete else {
            frames[frame] = assembly
            return
        }
        let picture = Picture(color: RGBImage(width: assembly.width, height: assembly.height, pixels: assembly.pixels))
        if let suspicion = picture.color.suspicion { warnings.append("frame \(frame): \(suspicion)") }
        do throws(FileError) {
            try OutputFolder(folder).make()
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        do throws(SceneError) {
            for (format, ending) in [(PictureFormats.png, "png"), (.exr, "exr")] where order.formats.contains(format) {
                let path = "\(folder)/\(name)\(number(frame)).\(ending)"
                try PictureFile(path: path).write(picture, exposure: exposure, view: view)
                written.append(path)
            }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    private func number(_ frame: UInt32) -> String {
        guard (order.frameCount ?? 1) > 1 else { return "" }
        let digits = String(frame)
        return "." + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
