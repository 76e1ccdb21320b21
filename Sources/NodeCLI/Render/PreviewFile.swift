internal import Console
internal import SceneIO

/// A PNG of what is rendered so far, written again and again beside the work.
struct PreviewFile {
    private let file: PictureFile
    private let exposure: Double
    private let view: ViewTransform
    private var next = 0.0
    private var isBroken = false

    /// Seconds between two writes; they are rarer where writing takes long, so that it stays a tenth of the time.
    private static let interval = 1.0

    init(_ file: PictureFile, exposure: Double, view: ViewTransform) {
        self.file = file
        self.exposure = exposure
        self.view = view
    }

    /// Writes where it is time to. A preview that cannot be written is said once and ends no render.
    mutating func update(_ sums: PictureSums) {
        guard !isBroken, Stopwatch.now() >= next else { return }
        write(sums.preview)
    }

    /// The picture as it stays.
    mutating func finish(_ picture: Picture) {
        if !isBroken { write(picture) }
    }

    private mutating func write(_ picture: Picture) {
        let start = Stopwatch.now()
        do throws(SceneError) {
            try file.write(picture, exposure: exposure, view: view)
        } catch {
            isBroken = true
            Terminal.error.line("warning: no preview: \(error)")
        }
        let end = Stopwatch.now()
        next = end + max(PreviewFile.interval, 10 * (end - start))
    }
}
