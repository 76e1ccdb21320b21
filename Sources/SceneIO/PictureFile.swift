/// Pictures on disk.
public struct PictureFile: Equatable, Sendable {
    public enum Format: String, CaseIterable, Sendable {
        case exr
        case png
    }

    public var path: String
    public var format: Format

    /// The format is that of the extension.
    public init(path: String) throws(SceneError) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = name.lastIndex(of: "."), let format = Format(rawValue: name[name.index(after: dot)...].lowercased()) else {
            throw SceneError(.unsupported, at: path, "the kind of picture is not known", advice: "end the name in .exr or .png")
        }
        self.path = path
        self.format = format
    }

    /// Writes the whole file or nothing.
    ///
    /// - Parameters:
    ///   - exposure: stops, for PNG. An OpenEXR file holds the radiance itself.
    ///   - view: for PNG.
    public func write(
        _ picture: Picture, exr: EXROptions = EXROptions(), exposure: Double = 0, view: ViewTransform = .standard
    ) throws(SceneError) {
        switch format {
        case .exr: try AtomicFile.write(try picture.encodeEXR(exr), to: path)
        case .png: try AtomicFile.write(try picture.encodePNG(exposure: exposure, view: view), to: path)
        }
    }
}
