import RenderModel
import Testing

@testable import SceneIO

/// Images are decoded on several threads: scene, errors and limits are those of one.
@Suite struct ImageDecodingTests {
    /// A triangle for each image, with a material that has it as base colour; every third also as normal map. The image is 8 × 8 or smaller.
    private func document(_ images: [[UInt8]]) -> TestDocument {
        var parts = TestDocument.Parts()
        let positions = parts.floats([0, 0, 0, 1, 0, 0, 0, 1, 0])
        let uv = parts.floats([0, 0, 1, 0, 0, 1], "VEC2")
        let views = images.map { parts.view($0) }
        let numbers = images.indices
        parts.members = [
            "\"images\":[" + views.map { "{\"bufferView\":\($0),\"mimeType\":\"image/png\"}" }.joined(separator: ",") + "]",
            "\"textures\":[" + numbers.map { "{\"source\":\($0)}" }.joined(separator: ",") + "]",
            "\"materials\":["
                + numbers.map {
                    "{\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":\($0)}}"
                        + ($0 % 3 == 0 ? ",\"normalTexture\":{\"index\":\($0)}}" : "}")
                }.joined(separator: ",") + "]",
            "\"meshes\":[{\"primitives\":["
                + numbers.map { "{\"attributes\":{\"POSITION\":\(positions),\"TEXCOORD_0\":\(uv)},\"material\":\($0)}" }
                .joined(separator: ",") + "]}]",
            "\"nodes\":[{\"mesh\":0}]", "\"scenes\":[{\"nodes\":[0]}]",
        ]
        return parts.document
    }

    private let kinds = [
        TestPicture.png16, TestPicture.jpegProgressive, TestPicture.pngBits, TestPicture.pngPalette, TestPicture.jpegCMYK,
        TestPicture.pngGreyAlpha, TestPicture.jpeg,
    ]

    private func outcome(_ document: TestDocument, _ limits: SceneLimits = SceneLimits(), threads: Int) -> Result<LoadedScene, SceneError> {
        Result { () throws(SceneError) in try SceneReader(limits: limits, threads: threads).load(bytes: document.glb) }
    }

    @Test func theSceneIsThatOfOneThread() throws {
        let document = document(kinds + kinds)
        let serial = try outcome(document, threads: 1).get()
        // 16-bit colour is linear, and the same image as a normal map is not.
        #expect(serial.scene.images.count == 14 + 5)
        #expect(serial.scene.images.allSatisfy { $0.texels.contains { $0 != 0 } })
        #expect(serial.scene.images[0].texels == SRGBCurve.linear16(serial.scene.images[1].texels))
        for threads in [2, 3, 32] {
            let isEqual = try outcome(document, threads: threads).get() == serial
            #expect(isEqual, "\(threads) threads")
        }
    }

    /// Several images are broken: the first in the order of use is named, whether its header tells or only its texels.
    @Test func theErrorIsThatOfOneThread() throws {
        let shortened = Array(TestPicture.jpegProgressive.prefix(300))
        for (places, first) in [
            ([1: shortened, 5: [1, 2, 3, 4]], 1), ([4: [1, 2, 3, 4], 6: shortened], 4), ([2: shortened, 3: shortened], 2),
        ] {
            var images = kinds + kinds
            for (place, bytes) in places { images[place] = bytes }
            let document = document(images)
            let serial = outcome(document, threads: 1)
            #expect(throws: SceneError.self) { try serial.get() }
            if case .failure(let error) = serial { #expect(error.place == "images[\(first)]") }
            for threads in [2, 5] {
                let isEqual = outcome(document, threads: threads) == serial
                #expect(isEqual, "\(threads) threads, \(first)")
            }
        }
    }

    /// Whatever the cap, memory suffices or not as with one thread, and the same place is named.
    @Test func memoryEndsWhereItDoesWithOneThread() throws {
        // One thread is done with the image that takes workspace when the last one fills the memory.
        let large = try Picture(color: RGBImage(width: 800, height: 800, pixels: Array(repeating: 0, count: 800 * 800 * 3))).encodePNG()
        let document = document([TestPicture.jpegProgressive, TestPicture.pngBits, TestPicture.pngBits, large])
        var limits = SceneLimits()
        // The least that one thread can do with.
        var (low, high) = (0, 16 << 20)
        while high - low > 1 {
            limits.memoryMax = (low + high) / 2
            if case .success = outcome(document, limits, threads: 1) { high = limits.memoryMax } else { low = limits.memoryMax }
        }
        for cap in [high - 1, high, high + 1] + stride(from: high - 6000, to: high + 3000, by: 911) {
            limits.memoryMax = cap
            let serial = outcome(document, limits, threads: 1)
            let isEqual = outcome(document, limits, threads: 4) == serial
            #expect(isEqual, "\(cap - high)")
            guard case .failure(let error) = serial else { continue }
            #expect(cap < high && error.kind == .limit)
        }
    }

    /// As many threads decode as the budget has room for beside the texels; the first error in the order of the files is thrown.
    @Test func workspaceIsChargedFor() throws {
        var budget = MemoryBudget(SceneLimits())
        let bytes = TestPicture.jpegProgressive
        let files = try (0..<6).map {
            try ImageFile(ByteView(storage: bytes, range: 0..<bytes.count), SceneLimits(), &budget, at: "\($0)")
        }
        #expect(files[0].workspace == 2 * 8 * 8 * 4)
        for (room, succeeds) in [(6 * 512, true), (3 * 512 + 1, true), (512, true), (511, false)] {
            var limits = SceneLimits()
            limits.memoryMax = room
            var budget = MemoryBudget(limits)
            let images = Result { () throws(SceneError) in try ImageDecoding.decode(files, threads: 4, &budget) }
            #expect((try? images.get().count) == (succeeds ? 6 : nil))
            #expect(budget.left == room)
        }
        var broken = files
        for number in [4, 2] {
            broken[number] = try ImageFile(ByteView(storage: bytes, range: 0..<300), SceneLimits(), &budget, at: "\(number)")
        }
        for threads in 1...4 {
            var budget = MemoryBudget(SceneLimits())
            #expect { try ImageDecoding.decode(broken, threads: threads, &budget) } throws: { ($0 as? SceneError)?.place == "2" }
        }
    }
}
