internal import Console

/// The progress of a render on standard error: share, samples of a pixel, speed, time left.
struct RenderProgressLine {
    private let samples: Int
    private var display = ProgressDisplay(isInteractive: Terminal.error.isInteractive)
    private let started = Stopwatch.now()

    init(samples: Int) { self.samples = samples }

    mutating func show(_ progress: BandedRender.Progress) {
        let now = Stopwatch.now()
        let detail = RenderProgressLine.detail(progress, samples: samples, seconds: now - started)
        write(display.update(stage: "rendering", detail: detail, now: now, width: Terminal.error.width))
    }

    mutating func finish() { write(display.finish()) }

    /// - Parameter seconds: spent so far.
    static func detail(_ progress: BandedRender.Progress, samples: Int, seconds: Double) -> String {
        let fraction = min(max(progress.fraction, 0), 1)
        let rate = Double(progress.rays) / max(seconds, 1e-3) / 1e6
        var parts = [
            "\(Int(fraction * 100)) %", "\(Int(fraction * Double(samples))) of \(samples) samples",
            "\(Figures.decimal(rate, places: 2)) Mrays/s",
        ]
        // The first moments say little about the rest.
        if fraction > 0, seconds >= 0.5 { parts.append("\(duration(seconds * (1 - fraction) / fraction)) left") }
        return parts.joined(separator: "  ")
    }

    /// `7 s`, `3 min 20 s`, `2 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 3.6e9).rounded(.up))
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
    }

    private func write(_ text: String) {
        if !text.isEmpty { Terminal.error.write(text) }
    }
}
