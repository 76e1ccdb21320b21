import RenderModel
import Testing

@testable import SceneIO

@Suite("Pictures")
struct PictureTests {
    /// 37 × 41: neither a multiple of the 16 lines of a ZIP block nor of a vector.
    static let sample: RGBImage = {
        var image = RGBImage(width: 37, height: 41)
        for index in image.pixels.indices { image.pixels[index] = Float(index % 97) * 0.03125 + Float(index) * 0.001 }
        return image
    }()

    @Test(arguments: [true, false])
    func floatEXRIsLossless(_ compressed: Bool) throws {
        let bytes = try Picture(color: Self.sample).encodeEXR(EXROptions(precision: .float, compressed: compressed))
        #expect(try RGBImage.decodeEXR(bytes) == Self.sample)
    }

    /// One block of noise behind a run of zeros: with a longer run it shrinks below its plain size, on the way there through every size.
    /// A block that is packed to exactly its plain size must not be taken for a plain one, or the other way round.
    @Test func blocksThatBarelyShrinkAreLossless() throws {
        var state: UInt64 = 7
        for round in 0..<300 {
            var image = RGBImage(width: 64, height: 16)
            for index in image.pixels.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let isNoise = index / 3 % (64 * 16) >= round % 12
                image.pixels[index] = isNoise ? Float(bitPattern: UInt32(truncatingIfNeeded: state >> 32) & 0xbfff_ffff) : 0
            }
            let bytes = try Picture(color: image).encodeEXR()
            let read = try RGBImage.decodeEXR(bytes)
            #expect(read.pixels.map(\.bitPattern) == image.pixels.map(\.bitPattern), "round \(round)")
        }
    }

    @Test(arguments: [true, false])
    func halfEXRRoundsToHalf(_ compressed: Bool) throws {
        var image = Self.sample
        image.pixels[0] = 1e9
        let bytes = try Picture(color: image).encodeEXR(EXROptions(precision: .half, compressed: compressed))
        let read = try RGBImage.decodeEXR(bytes)
        #expect(read.pixels == image.pixels.map { Float(Float16(min($0, 65504))) })
    }

    /// Layers must not disturb the colour, nor one another.
    @Test func layersAreKeptApart() throws {
        let count = 37 * 41
        let picture = Picture(
            color: Self.sample, alpha: [Float](repeating: 0.5, count: count),
            layers: [
                Picture.Layer(name: "albedo", channels: ["R", "G", "B"], values: [Float](repeating: 7, count: count * 3)),
                Picture.Layer(name: "depth", channels: ["Z"], values: [Float](repeating: 123456.789, count: count)),
                Picture.Layer(
                    name: "a layer with a name of more than thirty-one characters", channels: ["X"],
                    values: [Float](repeating: 1, count: count)),
            ])
        for precision in [EXROptions.Precision.float, .half] {
            let bytes = try picture.encodeEXR(EXROptions(precision: precision))
            let read = try RGBImage.decodeEXR(bytes)
            #expect(read.pixels == Self.sample.pixels.map { precision == .half ? Float(Float16($0)) : $0 })
            for name in ["albedo.B", "depth.Z", "thirty-one characters.X"] {
                #expect(bytes.firstRange(of: Array(name.utf8)) != nil)
            }
        }
        let twice = Picture(color: Self.sample, layers: [picture.layers[0], picture.layers[0]])
        #expect(throws: SceneError.self) { try twice.encodeEXR() }
    }

    @Test func skyOfTheRepositoryHasItsGradient() throws {
        let sky = try RGBImage.decodeEXR(try SceneFiles.read(path: Shipped.path("env_gradient.exr"), max: 1 << 20))
        #expect(sky.width == 128 && sky.height == 64)
        #expect(sky.pixels.prefix(3) == [0.5999473, 0.79990965, 1.1998419])
        #expect(sky.pixels.suffix(3) == [0.25005272, 0.20009035, 0.15015812])
    }

    @Test func hostileEXRIsRefused() throws {
        let bytes = try Picture(color: Self.sample).encodeEXR()
        for length in stride(from: 0, to: bytes.count - 1, by: 11) {
            #expect(throws: SceneError.self) { try RGBImage.decodeEXR(Array(bytes.prefix(length))) }
        }
        var state: UInt64 = 11
        for _ in 0..<400 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = bytes
            damaged[Int(state >> 33) % min(bytes.count, 600)] = UInt8(truncatingIfNeeded: state >> 20)
            if let image = try? RGBImage.decodeEXR(damaged) { #expect(image.pixels.count == image.width * image.height * 3) }
        }
        var limits = SceneLimits()
        limits.imageSideMax = 36
        #expect(throws: SceneError.self) { try RGBImage.decodeEXR(bytes, limits: limits) }
        limits = SceneLimits()
        limits.memoryMax = 1000
        #expect { try RGBImage.decodeEXR(bytes, limits: limits) } throws: { ($0 as? SceneError)?.kind == .limit }
    }

    @Test func pngHoldsTheStandardCurve() throws {
        // Linear values whose sRGB codes are known: 0.2140 is 127.5 of 255, 0.0031308 is 10.3.
        let image = RGBImage(width: 2, height: 1, pixels: [0, 1, 0.2158605, 2, -1, .nan])
        let read = try TestPicture.decoded(try Picture(color: image).encodePNG())
        #expect(read.texels == [0, 255, 128, 255, 255, 0, 0, 255])
        let darker = try TestPicture.decoded(try Picture(color: RGBImage(width: 1, height: 1, pixels: [2, 4, 0])).encodePNG(exposure: -1))
        #expect(darker.texels == [255, 255, 0, 255])
        let stopped = try TestPicture.decoded(
            try Picture(color: RGBImage(width: 1, height: 1, pixels: [0.4317210, 0, 0])).encodePNG(exposure: -1))
        #expect(stopped.texels[0] == 128)
    }

    @Test func pngAlphaIsNotPremultiplied() throws {
        let picture = Picture(color: RGBImage(width: 2, height: 1, pixels: [0.5, 0.25, 0, 0, 0, 0]), alpha: [0.5, 0])
        let read = try TestPicture.decoded(try picture.encodePNG())
        #expect(read.texels == [255, 188, 0, 128, 0, 0, 0, 0])
    }

    @Test func viewTransformsAreMonotonousAndKeepTheirAnchors() {
        for view in ViewTransform.allCases {
            var last = 0.0
            for step in 0...2000 {
                let value = view.display(Double(step) * Double(step) * 1e-4)
                #expect(value >= last && value <= 1)
                last = value
            }
            #expect(view.display(.infinity) == 1 && view.display(.nan) == 0 && view.display(-1) == 0 && view.display(1e300) == 1)
        }
        #expect((ViewTransform.filmic.display(0.18) - ViewTransform.standard.display(0.18)).magnitude < 1e-12)
        #expect(ViewTransform.filmic.display(1) < 0.95)
        #expect(ViewTransform.standard.display(1) == 1)
    }

    @Test func filesAreNamedByTheirExtension() throws {
        let folder = ScratchFolder()
        for (name, magic) in [("a.exr", [0x76, 0x2f, 0x31, 0x01]), ("b.PNG", [0x89, 0x50, 0x4e, 0x47])] as [(String, [UInt8])] {
            try PictureFile(path: folder.path + "/" + name).write(Picture(color: Self.sample))
            #expect(try SceneFiles.read(path: folder.path + "/" + name, max: 1 << 20).starts(with: magic))
        }
        for name in ["a.jpg", "a", "exr", "a.exr/b"] {
            #expect(throws: SceneError.self) { try PictureFile(path: name) }
        }
    }

    /// Read from the file chunk by chunk, or from its bytes: the same picture, the same refusals.
    @Test func picturesAreReadFromTheirFiles() throws {
        let folder = ScratchFolder()
        for name in ["a.exr", "b.png"] {
            let path = folder.path + "/" + name
            try PictureFile(path: path).write(Picture(color: Self.sample))
            let bytes = try SceneFiles.read(path: path, max: 1 << 20)
            #expect(try StoredPicture(path: path) == StoredPicture(bytes: bytes))
            if name == "a.exr" { #expect(try StoredPicture(path: path) == .linear(Self.sample)) }
            for length in [0, 3, 4, 20, bytes.count / 2, bytes.count - 9] {
                try AtomicFile.write(Array(bytes.prefix(length)), to: path)
                #expect(throws: SceneError.self) { try StoredPicture(path: path) }
            }
        }
        #expect(throws: SceneError.self) { try StoredPicture(path: folder.path) }
        #expect(throws: SceneError.self) { try StoredPicture(path: folder.path + "/none") }
        var limits = SceneLimits()
        limits.memoryMax = 1000
        try PictureFile(path: folder.path + "/a.exr").write(Picture(color: Self.sample))
        #expect(throws: SceneError.self) { try StoredPicture(path: folder.path + "/a.exr", limits: limits) }
    }

    @Test func suspiciousPicturesAreNamed() {
        #expect(Self.sample.suspicion == nil)
        #expect(RGBImage(width: 4, height: 4).suspicion == "it is black")
        #expect(RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 1, 2, 3]).suspicion == "all its pixels are equal")
        #expect(RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 1, .nan, 3]).suspicion?.contains("not finite") == true)
    }
}
