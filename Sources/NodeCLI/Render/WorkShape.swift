internal import ArgumentParser
internal import RenderModel

/// Flags that shape the work and never the picture: what profile D promises can be tried with them.
struct WorkShape: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("Render in tiles of this size. No bit depends on it.", valueName: "WxH", visibility: .hidden),
        transform: PictureFlags.size)
    var tile: PictureFlags.Size?

    @Option(
        name: .long,
        help: ArgumentHelp("Work-items that run together on OpenCL. No bit depends on it.", valueName: "n", visibility: .hidden))
    var workGroup: Int = 64

    func validate() throws {
        guard (1...4096).contains(workGroup) else { throw ValidationError("--work-group is 1 to 4096") }
    }
}
