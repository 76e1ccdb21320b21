internal import Console
internal import NodeRuntime
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO
internal import Wire

/// What a render took and gave. The members of the JSON object are a stable schema.
struct RenderReport {
    let request: RenderRequest
    var load = 0.0
    var open = 0.0
    var build = 0.0
    var render = 0.0
    /// From the start of the command to the first pixels that were finished.
    var firstPixel = 0.0
    /// By what the noise was taken out, and in how many seconds.
    var denoise: (name: String, seconds: Double)?
    var device = DeviceDescription(name: "", details: "")
    var triangles: UInt64 = 0
    var notices: [String] = []
    var warnings: [String] = []
    private var rays: UInt64 = 0
    private var nonFinite: UInt64 = 0
    private var digest = ""
    /// Why the picture is not called complete; nil where nothing speaks against it.
    private(set) var suspicion: String?

    init(request: RenderRequest) { self.request = request }

    mutating func add(_ sums: PictureSums) {
        rays = sums.rays
        nonFinite = sums.nonFinite
        digest = RawPicture(tile: request.tile, bytes: sums.raw).map { Hex.encode($0.imageHash.array) } ?? ""
        let image = RGBImage(width: Int(request.tile.width), height: Int(request.tile.height), pixels: sums.means)
        if nonFinite > 0 {
            suspicion = "\(nonFinite) samples were not finite"
        } else if let reason = image.suspicion {
            // A task may well see nothing but sky.
            if isPart, image.pixels.allSatisfy(\.isFinite) {
                notices.append("this part of the frame: \(reason)")
            } else {
                suspicion = reason
            }
        }
    }

    private var isPart: Bool { request.tile.width != request.settings.width || request.tile.height != request.settings.height }

    private var paths: Double { Double(request.tile.width) * Double(request.tile.height) * Double(request.samples.count) }
    private func perSecond(_ count: Double) -> Double { render > 0 ? count / render / 1e6 : 0 }

    var json: JSON {
        .object([
            "width": .integer(Int(request.tile.width)), "height": .integer(Int(request.tile.height)),
            "samples": .integer(request.samples.count), "frame": .integer(Int(request.frame)), "device": .text(device.name),
            "device_details": .text(device.details), "triangles": .integer(Int(clamping: triangles)), "seconds_load": .number(load),
            "seconds_open": .number(open), "seconds_build": .number(build), "seconds_render": .number(render),
            "seconds_first_pixel": .number(firstPixel), "denoiser": denoise.map { .text($0.name) } ?? .null,
            "seconds_denoise": denoise.map { .number($0.seconds) } ?? .null,
            "paths": .integer(Int(paths)), "rays": .integer(Int(clamping: rays)), "mpaths_per_second": .number(perSecond(paths)),
            "mrays_per_second": .number(perSecond(Double(rays))), "rng_key": .digits(request.rngKey),
            "digest": .text(digest), "non_finite_samples": .integer(Int(clamping: nonFinite)), "complete": .boolean(suspicion == nil),
            "suspicion": suspicion.map { .text($0) } ?? .null, "notices": .array(notices.map { .text($0) }),
            "warnings": .array(warnings.map { .text($0) }),
        ])
    }

    var text: String {
        """
        \(request.tile.width)x\(request.tile.height), \(request.samples.count) samples on \(device.name) (\(device.details))
        load \(fixed(load)) s, build \(fixed(build)) s, first pixel after \(fixed(firstPixel)) s, render \(fixed(render)) s: \
        \(fixed(perSecond(paths))) Mpaths/s, \(fixed(perSecond(Double(rays)))) Mrays/s
        digest \(digest)\(denoise.map { ", before \($0.name) took out the noise in \(fixed($0.seconds)) s" } ?? "")
        """
    }

    private func fixed(_ value: Double) -> String { Figures.decimal(value, places: 2) }
}
