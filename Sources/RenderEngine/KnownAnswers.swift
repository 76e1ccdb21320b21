internal import Crypto
internal import RenderModel
public import Wire

/// The known-answer renders: small scenes that use every part of the kernels. Their digest is the *profile id*: devices with the
/// same id give the same bits.
public enum KnownAnswers {
    /// BLAKE2b-256 over the records of all renders: per record three sums as float bits and the ray count, little-endian.
    public static func profile(of device: some RenderDevice) throws(RenderError) -> Bytes32 {
        var hash = Blake2b()
        hash.update(lengthPrefixed: "profile D")
        for (scene, settings) in [(medley, medleySettings), (night, nightSettings), (gallery, gallerySettings)] {
            let prepared = try PreparedScene(scene, frame: 2, memoryMax: 64 << 20)
            let tile = Tile(x: 0, y: 0, width: settings.width, height: settings.height)
            let request = RenderRequest(
                settings: settings, frame: 2, rngKey: 0x0123_4567_89AB_CDEF, tile: tile, samples: 0..<settings.samples)
            let records = try device.render(prepared, request)
            for sum in records.sums { hash.update(integer: sum.bitPattern) }
            for layer in records.layers { hash.update(integer: layer.bitPattern) }
            for rays in records.rays { hash.update(integer: rays) }
        }
        return hash.finish()
    }

    private static var medleySettings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (24, 16, 18, 6)
        settings.filter = .blackmanHarris
        settings.layers = [.alpha, .albedo, .normal, .depth]
        return settings
    }

    private static var nightSettings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (16, 16, 16, 5)
        return settings
    }

    private static var gallerySettings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth, settings.roulette) = (40, 16, 16, 12, 3)
        return settings
    }
}
