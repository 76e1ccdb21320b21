internal import ArgumentParser
internal import Console
internal import ProofOfRender
internal import RenderModel
internal import Roles
internal import SceneIO
internal import Wire

/// What a picture looks like, besides its scene.
struct PictureOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Pixels.", valueName: "WxH")) var size = "640x480"
    @Option(name: .long, help: "Samples per pixel.") var samples: UInt32 = 64
    @Option(name: .long, help: "Longest path in segments, 1 to 64.") var depth: UInt32 = 8
    @Option(name: .long, help: "Which of the scene's cameras, from 0.") var camera: UInt32 = 0
    @Option(name: .long, help: ArgumentHelp("Radiance where no ray hits: R,G,B or an OpenEXR file.", valueName: "sky")) var sky: String?
    @Option(name: .long, help: ArgumentHelp("What to leave out: normal-maps, alpha.", valueName: "parts")) var ignore: String?
    @Option(name: .long, help: "Pixel filter: box or bh (Blackman-Harris).") var filter = "box"
    @Option(name: .long, help: "Russian roulette: paths may end after so many bounces; 0: none does.") var roulette: UInt32 = 0
    @Option(name: .long, help: ArgumentHelp("Stops, for PNG.", valueName: "EV")) var exposure = 0.0
    @Option(name: .long, help: "How PNG shows radiance: standard or filmic.") var view = ViewTransform.standard.rawValue

    func settings() throws -> RenderSettings {
        var settings = RenderSettings()
        let sides = size.split(separator: "x", omittingEmptySubsequences: false).compactMap { UInt32($0) }
        guard sides.count == 2, sides.allSatisfy({ (1...65_536).contains($0) }) else {
            throw ValidationError("--size takes WIDTHxHEIGHT, each 1 to 65536, not '\(size)'")
        }
        (settings.width, settings.height) = (sides[0], sides[1])
        guard samples >= 1 else { throw ValidationError("--samples takes at least 1") }
        guard (1...64).contains(depth) else { throw ValidationError("--depth takes 1 to 64, not \(depth)") }
        guard roulette <= 64 else { throw ValidationError("--roulette takes 0 to 64, not \(roulette)") }
        (settings.samples, settings.depth, settings.camera, settings.roulette) = (samples, depth, camera, roulette)
        for part in (ignore ?? "").split(separator: ",") {
            switch part {
            case "normal-maps": settings.ignore.insert(.normalMaps)
            case "alpha": settings.ignore.insert(.alpha)
            default: throw ValidationError("--ignore takes normal-maps and alpha, not '\(part)'")
            }
        }
        switch filter {
        case "box": settings.filter = .box
        case "bh": settings.filter = .blackmanHarris
        default: throw ValidationError("--filter takes box or bh, not '\(filter)'")
        }
        return settings
    }

    func viewTransform() throws -> ViewTransform {
        guard let view = ViewTransform(rawValue: view) else {
            throw ValidationError("--view takes \(ViewTransform.allCases.map(\.rawValue).joined(separator: " or ")), not '\(view)'")
        }
        return view
    }
}

/// What is ordered: frames, split, formats, money.
struct OrderOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Frames, such as \"1-30,45\".", valueName: "ranges")) var frames = "1"
    @Option(name: .long, help: "How the work is divided: auto, frames or tiles.") var split = "auto"
    @Option(name: .long, help: ArgumentHelp("Files to write: png, exr.", valueName: "formats")) var format = "png"
    @Option(name: .long, help: ArgumentHelp("Most that the job may cost, in ifxDollar.", valueName: "N")) var budget: String?
    @Option(name: .long, help: ArgumentHelp("Most that is paid per IBM, in ifxDollar.", valueName: "P")) var maxPrice: String?
    @Option(name: .long, help: "Jobs of a higher number go first.") var priority: UInt32 = 0
    @Option(name: .long, help: "standard: two Verifiers a task; high: six.") var security = "standard"
    @Option(name: .long, help: "Marks in the scene, taken out again before delivery: on or off.") var marks = "on"

    func order(root: CID, sceneBytes: UInt64, settings: RenderSettings) throws -> JobOrder {
        var order = JobOrder(sceneRoot: root, sceneBytes: sceneBytes, frames: try FrameList.parse(frames), settings: settings)
        switch split {
        case "auto": order.split = .auto
        case "frames": order.split = .frames
        case "tiles": order.split = .tiles
        case "samples":
            throw CommandFailure(.failed, "this release does not split a frame by its samples", advice: "Give --split tiles.")
        default: throw ValidationError("--split takes auto, frames or tiles, not '\(split)'")
        }
        order.formats = []
        for name in format.split(separator: ",") {
            switch name {
            case "png": order.formats.insert(.png)
            case "exr": order.formats.insert(.exr)
            default: throw ValidationError("--format takes png and exr, not '\(name)'")
            }
        }
        guard !order.formats.isEmpty else { throw ValidationError("--format names no format") }
        switch security {
        case "standard": order.level = .standard
        case "high": order.level = .high
        default: throw ValidationError("--security takes standard or high, not '\(security)'")
        }
        switch marks {
        case "on": order.isMarked = true
        case "off": order.isMarked = false
        default: throw ValidationError("--marks takes on or off, not '\(marks)'")
        }
        if let budget { order.budget = try Money.parse(budget, places: 2, flag: "--budget") }
        if let maxPrice { order.priceMax = try Money.parse(maxPrice, places: 6, flag: "--max-price") }
        order.priority = priority
        guard order.isValid else { throw ValidationError("the order is out of bounds: frames, size, samples or depth are too many") }
        return order
    }
}

/// `1-30,45` as ranges.
enum FrameList {
    static func parse(_ text: String) throws -> [FrameRange] {
        func fail() -> ValidationError { ValidationError("--frames takes ascending frames such as \"1-30,45\", not '\(text)'") }
        var ranges: [FrameRange] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }.map { UInt32($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { throw fail() }
            guard first >= 1, last >= first, first > (ranges.last?.last ?? 0) else { throw fail() }
            ranges.append(FrameRange(first: first, last: last))
        }
        guard ranges.count <= JobOrder.rangesMax else { throw fail() }
        return ranges
    }
}

/// Amounts of money with a fixed number of decimals, as whole numbers of the smallest part.
enum Money {
    static func parse(_ text: String, places: Int, flag: String) throws -> UInt64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? String(parts[1]) : ""
        guard let first = parts.first, !first.isEmpty, decimals.utf8.count <= places,
            (first + decimals).utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = UInt64(first + decimals + String(repeating: "0", count: places - decimals.utf8.count))
        else { throw ValidationError("\(flag) takes an amount with at most \(places) decimals, such as 12.50, not '\(text)'") }
        return value
    }
}
