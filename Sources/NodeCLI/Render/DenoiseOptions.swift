internal import ArgumentParser
internal import Console
internal import Denoise
internal import Glibc
internal import RenderModel
internal import SceneIO

/// Flags of the step after a render.
struct DenoiseOptions: ParsableArguments {
    @Flag(name: .long, help: "Take the noise out of the finished picture. The digest is that of the picture before.")
    var denoise = false

    @Option(
        name: .customLong("denoiser"),
        help: ArgumentHelp("With what: guided, or oidn (Open Image Denoise, where it is installed). Implies --denoise.", valueName: "name"),
        transform: DenoiseOptions.name)
    var chosen: Denoiser?

    /// Nil where the noise stays.
    var denoiser: Denoiser? { chosen ?? (denoise ? .guided : nil) }

    /// Whether the denoiser is there: said before the render, not after it.
    func check() throws {
        guard let denoiser, let obstacle = denoiser.obstacle else { return }
        throw CommandFailure(
            .failed, "\(denoiser.rawValue) cannot be used: \(obstacle)",
            advice: "Install Open Image Denoise 2 (or 1) where the loader finds it (LD_LIBRARY_PATH), or use --denoise alone.")
    }

    private static func name(_ text: String) throws -> Denoiser {
        guard let denoiser = Denoiser(rawValue: text) else {
            throw ValidationError("--denoiser takes \(Denoiser.allCases.map(\.rawValue).joined(separator: " or ")), not '\(text)'")
        }
        return denoiser
    }
}

extension Denoiser {
    /// The picture without noise. What was rendered stays in it as the layer `noisy`, which OpenEXR files keep.
    func finish(_ sums: PictureSums, _ picture: Picture, threads: Int?) throws -> Picture {
        let noisy = NoisyPicture(
            width: picture.color.width, height: picture.color.height, color: picture.color.pixels, variance: sums.variance,
            albedo: sums.layer(.albedo), normal: sums.layer(.normal))
        var result = picture
        do throws(DenoiseError) {
            result.color.pixels = try denoise(noisy, threads: threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        } catch {
            throw CommandFailure(
                .failed, "the noise cannot be taken out: \(error)", advice: "render without --denoise, or with --denoiser guided")
        }
        result.layers.append(.init(name: "noisy", channels: ["R", "G", "B"], values: noisy.color))
        return result
    }
}
