internal import ArgumentParser
internal import RenderModel
internal import SceneIO

/// Flags that define a picture of a scene: those of `render` and `submit`.
struct RenderOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Pixels of the full frame.", valueName: "WxH"), transform: PictureFlags.size)
    var size: PictureFlags.Size = PictureFlags.Size(width: 640, height: 480)

    @Option(name: .long, help: ArgumentHelp("Samples per pixel.", valueName: "n"))
    var samples: UInt32 = 64

    @Option(name: .long, help: ArgumentHelp("Longest path in segments, 1 to 64.", valueName: "n"))
    var depth: UInt32 = 8

    @Option(name: .long, help: ArgumentHelp("Camera, counted from 0.", valueName: "n"))
    var camera: UInt32 = 0

    @Option(name: .long, help: ArgumentHelp("Sky: linear radiance, or an equirectangular OpenEXR file.", valueName: "R,G,B|FILE"))
    var sky: String?

    @Option(
        name: .long, help: ArgumentHelp("Leave out: normal-maps, alpha.", valueName: "list"), transform: PictureFlags.ignored)
    var ignore: RenderSettings.Ignored = []

    @Option(
        name: .long, help: ArgumentHelp("More layers of an OpenEXR file: alpha, albedo, normal, depth.", valueName: "list"),
        transform: PictureFlags.layers)
    var layers: RenderSettings.Layers = []

    @Option(
        name: .long, help: ArgumentHelp("Pixel filter: box, or bh for Blackman-Harris.", valueName: "name"), transform: PictureFlags.filter)
    var filter: PixelFilter = .box

    @Option(name: .long, help: ArgumentHelp("Russian roulette: paths may end after n bounces; 0: none does.", valueName: "n"))
    var roulette: UInt32 = 0

    @Flag(name: .long, help: "No sky behind the scene: transparent there.")
    var transparent = false

    @Option(name: .long, help: ArgumentHelp("Stops, for PNG.", valueName: "ev"))
    var exposure: Double = 0

    @Option(name: .long, help: ArgumentHelp("View transform for PNG: standard or filmic.", valueName: "name"), transform: PictureFlags.view)
    var view: ViewTransform = .standard

    func validate() throws {
        guard (1...65_536).contains(samples) else { throw ValidationError("--samples is 1 to 65536") }
        guard (1...64).contains(depth) else { throw ValidationError("--depth is 1 to 64") }
        guard roulette <= 64 else { throw ValidationError("--roulette is 0 to 64") }
        guard exposure.isFinite, abs(exposure) <= 64 else { throw ValidationError("--exposure is -64 to 64") }
    }

    var settings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size.width, size.height, samples, depth)
        (settings.camera, settings.filter, settings.ignore, settings.layers) = (camera, filter, ignore, layers)
        settings.roulette = roulette
        if transparent {
            settings.ignore.insert(.background)
            settings.layers.insert(.alpha)
        }
        return settings
    }

    /// What `--sky` names.
    var readerSky: SceneReader.Sky? {
        get throws {
            guard let sky else { return nil }
            if let radiance = PictureFlags.numbers(sky, count: 3) { return .constant(SIMD3(radiance[0], radiance[1], radiance[2])) }
            guard sky.lowercased().hasSuffix(".exr") else {
                throw ValidationError("--sky takes three numbers such as 1,1,1 or the name of an .exr file, not '\(sky)'")
            }
            return .image(path: sky)
        }
    }
}

/// How the values of these flags are written.
enum PictureFlags {
    struct Size: Equatable {
        var width: UInt32
        var height: UInt32
    }

    static func size(_ text: String) throws -> Size {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { UInt32($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], (1...65_536).contains(width), (1...65_536).contains(height)
        else {
            throw ValidationError("it is written WIDTHxHEIGHT, such as 1920x1080, each side 1 to 65536, not '\(text)'")
        }
        return Size(width: width, height: height)
    }

    static func numbers(_ text: String, count: Int) -> [Float]? {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
        guard numbers.count == count, !numbers.contains(nil) else { return nil }
        return numbers.compactMap(\.self)
    }

    static func ignored(_ text: String) throws -> RenderSettings.Ignored {
        let names: KeyValuePairs<String, RenderSettings.Ignored> = ["normal-maps": .normalMaps, "alpha": .alpha]
        return try list(text, "--ignore", names).reduce(into: []) { $0.formUnion($1) }
    }

    static func layers(_ text: String) throws -> RenderSettings.Layers {
        let names: KeyValuePairs<String, RenderSettings.Layers> = ["alpha": .alpha, "albedo": .albedo, "normal": .normal, "depth": .depth]
        return try list(text, "--layers", names).reduce(into: []) { $0.formUnion($1) }
    }

    static func filter(_ text: String) throws -> PixelFilter {
        try list(text, "--filter", ["box": PixelFilter.box, "bh": .blackmanHarris])[0]
    }

    static func view(_ text: String) throws -> ViewTransform {
        guard let view = ViewTransform(rawValue: text) else {
            throw ValidationError("--view is one of: \(ViewTransform.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return view
    }

    private static func list<T>(_ text: String, _ flag: String, _ names: KeyValuePairs<String, T>) throws -> [T] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let found = names.first(where: { $0.key == word }) else {
                throw ValidationError("\(flag) takes \(names.map(\.key).joined(separator: ", ")), not '\(word)'")
            }
            return found.value
        }
    }

    /// `X,Y,W,H`.
    static func crop(_ text: String) throws -> Tile {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { UInt32($0) }
        guard numbers.count == 4, numbers[2] > 0, numbers[3] > 0 else {
            throw ValidationError("--crop is written X,Y,W,H in pixels, not '\(text)'")
        }
        return Tile(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    }

    /// `A-B`: from A up to, and without, B.
    static func sampleRange(_ text: String) throws -> Range<UInt32> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { UInt32($0) }
        guard ends.count == 2, ends[0] < ends[1], ends[0] % TileRecords.bucketSamples == 0 else {
            throw ValidationError("--sample-range is written A-B for samples A up to and without B, A a multiple of 16, not '\(text)'")
        }
        return ends[0]..<ends[1]
    }

    static func rngKey(_ text: String) throws -> UInt64 {
        guard text.utf8.count <= 16, let key = UInt64(text, radix: 16) else {
            throw ValidationError("--rng-key is up to 16 hexadecimal digits, not '\(text)'")
        }
        return key
    }
}
