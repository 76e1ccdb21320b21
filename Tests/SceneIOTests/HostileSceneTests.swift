import RenderModel
import Testing

@testable import SceneIO

@Suite("Hostile scenes")
struct HostileSceneTests {
    /// Every refusal names a place and says what to do.
    private func expectClear(_ error: SceneError?, _ words: String, _ location: SourceLocation = #_sourceLocation) {
        guard let error else {
            Issue.record("it was accepted", sourceLocation: location)
            return
        }
        #expect(error.description.contains(words), sourceLocation: location)
        #expect(!error.advice.isEmpty, sourceLocation: location)
    }

    @Test func theTestDocumentItselfIsFine() throws {
        let loaded = try TestDocument.triangle(nodes: "[{\"mesh\":0}]").load()
        #expect(loaded.scene.meshes[0].primitives[0].indices == [0, 1, 2])
    }

    @Test(arguments: ["cornell.glb", "anim.glb", "Fox.glb"])
    func truncationIsRefusedAtEveryLength(_ name: String) throws {
        let bytes = try SceneFiles.read(path: Shipped.path(name), max: 1 << 24)
        for length in Array(0..<64) + Array(stride(from: 64, to: bytes.count, by: max(1, bytes.count / 97))) {
            #expect(throws: SceneError.self) { try SceneReader().load(bytes: Array(bytes.prefix(length))) }
        }
    }

    /// The same with an honest header: the chunk lengths are made to fit, so that the JSON and the accessors are what is cut.
    @Test func aShortBinaryChunkIsRefused() throws {
        let bytes = try SceneFiles.read(path: Shipped.path("cornell.glb"), max: 1 << 24)
        let container = try GLBContainer(bytes)
        let json = String(decoding: bytes[container.json], as: UTF8.self)
        let binary = Array(bytes[try #require(container.binary)])
        for length in stride(from: 0, to: binary.count - 1, by: 37) {
            let error = TestDocument(json: json, binary: Array(binary.prefix(length))).refusal()
            expectClear(error, "buffer")
        }
        for length in stride(from: 0, to: json.utf8.count, by: 61) {
            let cut = String(decoding: Array(json.utf8.prefix(length)), as: UTF8.self)
            #expect(TestDocument(json: cut, binary: binary).refusal() != nil)
        }
    }

    /// Random damage anywhere: refused or a valid scene, never a trap. Seeded, so that a failure can be repeated.
    @Test(arguments: ["cornell.glb", "Fox.glb"])
    func randomDamageNeverTraps(_ name: String) throws {
        let bytes = try SceneFiles.read(path: Shipped.path(name), max: 1 << 24)
        let container = try GLBContainer(bytes)
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var refused = 0
        for round in 0..<150 {
            var damaged = bytes
            // JSON in two of three rounds: that is where the structure is.
            let range = round % 3 == 0 ? 0..<bytes.count : container.json
            for _ in 0...(round % 4) {
                let digits = Array("0123456789-,[]{}\"e".utf8)
                let position = range.lowerBound + next(range.count)
                damaged[position] = round % 2 == 0 ? UInt8(next(256)) : digits[next(digits.count)]
            }
            do {
                try SceneReader().load(bytes: damaged).scene.validate()
            } catch is SceneError {
                refused += 1
            }
        }
        #expect(refused > 20)
    }

    @Test func headersAreChecked() {
        expectClear(
            refuse(Array("glTF".utf8) + TestDocument.word(1) + TestDocument.word(20) + [UInt8](repeating: 0, count: 8)), "version 1")
        expectClear(
            refuse(Array("glTF".utf8) + TestDocument.word(2) + TestDocument.word(.max) + [UInt8](repeating: 0, count: 8)), "cut short")
        expectClear(refuse(Array("OBJ file".utf8)), "neither")
        expectClear(refuse([]), "neither")
        var wrong = TestDocument(json: "{}").glb
        wrong[12] = 0xff
        expectClear(refuse(wrong), "chunk 0")
        expectClear(TestDocument(json: "{\"asset\":{\"version\":\"1.0\"}}").refusal(), "asset.version")
        expectClear(TestDocument(json: "{}").refusal(), "asset")
        expectClear(TestDocument(json: "{\"asset\":{\"version\":\"2.0\"}}").refusal(), "nothing to render")
    }

    private func refuse(_ bytes: [UInt8]) -> SceneError? {
        do {
            _ = try SceneReader().load(bytes: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func brokenHierarchiesAreRefused() {
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0,\"children\":[0]}]").refusal(), "cycle")
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0},{\"children\":[2]},{\"children\":[1]}]").refusal(), "cycle")
        expectClear(
            TestDocument.triangle(nodes: "[{\"mesh\":0},{\"children\":[0]},{\"children\":[0]}]").refusal(), "already has the parent")
        expectClear(TestDocument.triangle(nodes: "[{\"children\":[1,1]},{\"mesh\":0}]").refusal(), "already has the parent")
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0,\"children\":[9]}]").refusal(), "no node 9")
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0}]", "\"scenes\":[{\"nodes\":[0,0]}]").refusal(), "reached twice")
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0}]", "\"scenes\":[{\"nodes\":[-1]}]").refusal(), "no node -1")
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0}]", "\"scenes\":[{}]", "\"scene\":3").refusal(), "no scene 3")
        let chain = (0..<2000).map { $0 == 1999 ? "{\"mesh\":0}" : "{\"children\":[\($0 + 1)]}" }.joined(separator: ",")
        expectClear(TestDocument.triangle(nodes: "[\(chain)]").refusal(), "deeper than 1024")
    }

    @Test(arguments: ["mesh", "camera", "skin"])
    func indicesOutOfRangeAreRefused(_ member: String) {
        for index in ["1", "-1", "4294967296", "9223372036854775807"] {
            let error = TestDocument.triangle(nodes: "[{\"mesh\":0},{\"\(member)\":\(index)}]").refusal()
            expectClear(error, "there is no \(member) \(index)")
        }
    }

    @Test func numbersThatNoSceneCanUseAreRefused() {
        for value: Float in [.nan, .infinity, -.infinity, 1e30] {
            var parts = TestDocument.Parts()
            parts.floats([0, 0, 0, 1, 0, 0, 0, value, 0])
            parts.indices([0, 1, 2])
            parts.members = [TestDocument.triangleMesh, "\"nodes\":[{\"mesh\":0}]"]
            expectClear(parts.document.refusal(), "accessors[0]")
        }
        for node in [
            "\"translation\":[0,1e300,0]", "\"scale\":[1,1]", "\"rotation\":[0,0,0,0]", "\"matrix\":[1,2,3]", "\"translation\":[0,1e999,0]",
        ] {
            expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0,\(node)}]").refusal(), node.contains("999") ? "JSON" : "nodes[0]")
        }
        let projective = "\"matrix\":[1,0,0,0.5,0,1,0,0,0,0,1,0,0,0,0,1]"
        expectClear(TestDocument.triangle(nodes: "[{\"mesh\":0,\(projective)}]").refusal(), "last row")
    }

    @Test func indicesOfTrianglesAreChecked() {
        for indices: [UInt16] in [[0, 1, 3], [0, 1, 65535], [0, 1]] {
            var parts = TestDocument.Parts()
            parts.floats([0, 0, 0, 1, 0, 0, 0, 1, 0])
            parts.indices(indices)
            parts.members = [TestDocument.triangleMesh, "\"nodes\":[{\"mesh\":0}]"]
            expectClear(parts.document.refusal(), "meshes[0].primitives[0].indices")
        }
    }

    /// Counts and offsets that overflow or exceed their buffer: refused before anything is allocated.
    @Test func absurdCountsAreRefused() {
        let views = "\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],\"buffers\":[{\"byteLength\":36}]"
        for accessor in [
            "\"bufferView\":0,\"count\":4", "\"bufferView\":0,\"count\":268435455", "\"bufferView\":0,\"count\":9223372036854775807",
            "\"bufferView\":0,\"count\":-1", "\"bufferView\":0,\"count\":0", "\"bufferView\":0,\"count\":3,\"byteOffset\":4",
            "\"bufferView\":0,\"count\":3,\"byteOffset\":9223372036854775807", "\"bufferView\":0,\"count\":3,\"byteOffset\":-4",
            "\"bufferView\":7,\"count\":3", "\"count\":268435455",
            "\"bufferView\":0,\"count\":3,\"sparse\":{\"count\":4,\"indices\":"
                + "{\"bufferView\":0,\"componentType\":5123},\"values\":{\"bufferView\":0}}",
        ] {
            let json =
                "{\"asset\":{\"version\":\"2.0\"},\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],"
                + "\"accessors\":[{\"componentType\":5126,\"type\":\"VEC3\",\(accessor)}],\(views)}"
            var limits = SceneLimits()
            limits.memoryMax = 64 << 20
            expectClear(TestDocument(json: json, binary: [UInt8](repeating: 0, count: 36)).refusal(limits), "accessors[0]")
        }
    }

    @Test func bufferViewsMustFitTheirBuffer() {
        for (view, buffer) in [
            ("\"byteLength\":37", "\"byteLength\":36"), ("\"byteLength\":-1", "\"byteLength\":36"),
            ("\"byteOffset\":9223372036854775807,\"byteLength\":36", "\"byteLength\":36"), ("\"byteLength\":36", "\"byteLength\":37"),
            ("\"byteLength\":36", "\"byteLength\":-1"),
        ] {
            let json =
                "{\"asset\":{\"version\":\"2.0\"},\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],"
                + "\"accessors\":[{\"componentType\":5126,\"type\":\"VEC3\",\"bufferView\":0,\"count\":3}],"
                + "\"bufferViews\":[{\"buffer\":0,\(view)}],\"buffers\":[{\(buffer)}]}"
            expectClear(TestDocument(json: json, binary: [UInt8](repeating: 0, count: 36)).refusal(), "buffer")
        }
    }

    @Test func unknownRequiredExtensionsAreNamed() throws {
        let required = TestDocument.triangle(nodes: "[{\"mesh\":0}]", "\"extensionsRequired\":[\"EXT_meshopt_compression\"]")
        expectClear(required.refusal(), "EXT_meshopt_compression")
        #expect(required.refusal()?.kind == .unsupported)
        let used = try TestDocument.triangle(nodes: "[{\"mesh\":0}]", "\"extensionsUsed\":[\"KHR_xmp_json_ld\"]").load()
        #expect(used.warnings.contains { $0.contains("KHR_xmp_json_ld") })
    }

    @Test func deepAndLargeJSONIsRefusedBeforeParsing() {
        let deep =
            "{\"asset\":{\"version\":\"2.0\"},\"extras\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            + "}"
        expectClear(TestDocument(json: deep).refusal(), "nested more than 64 deep")
        expectClear(TestDocument(json: String(repeating: "[", count: 100_000)).refusal(), "nested more than 64 deep")
        let wide = "{\"asset\":{\"version\":\"2.0\"},\"nodes\":[" + String(repeating: "{},", count: 200_000) + "{}]}"
        var limits = SceneLimits()
        limits.memoryMax = 256 << 20
        expectClear(TestDocument(json: wide).refusal(limits), "more memory")
        limits.jsonMax = 1000
        expectClear(TestDocument(json: wide).refusal(limits), "bytes of JSON")
    }

    @Test func theMemoryCapHolds() throws {
        var limits = SceneLimits()
        limits.memoryMax = 8 << 20
        expectClear(refusal(of: "flighthelmet.glb", limits), "more memory")
        limits.memoryMax = 20 << 20
        expectClear(refusal(of: "flighthelmet.glb", limits), "more memory")
        limits.memoryMax = 128 << 20
        #expect(refusal(of: "flighthelmet.glb", limits) == nil)
    }

    private func refusal(of name: String, _ limits: SceneLimits) -> SceneError? {
        do {
            _ = try SceneReader(limits: limits).load(path: Shipped.path(name))
            return nil
        } catch {
            return error
        }
    }
}
