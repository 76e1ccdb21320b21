import Foundation
import Testing

/// Scenes that cannot be rendered: the sentence names the place in the file and what to do, the status is 1, and nothing is written.
@Suite("Scenes that are refused")
struct BadSceneTests {
    /// A change of a good scene's bytes.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What the error says: where, and what to do about it.
        private(set) var message: [String]
        let bytes: @Sendable (GLB) throws -> Data

        init(_ name: String, _ message: String..., bytes: @escaping @Sendable (GLB) throws -> Data) {
            (testDescription, self.message, self.bytes) = (name, message, bytes)
        }

        /// A change of the glTF document.
        static func document(_ name: String, _ message: String..., change: @escaping @Sendable (inout GLB) throws -> Void) -> Damage {
            var damage = Damage(name) { glb in
                var glb = glb
                try change(&glb)
                return try glb.data
            }
            damage.message = message
            return damage
        }
    }

    static let damages: [Damage] = [
        Damage("truncated", "the file is cut short", "export the scene again") { try $0.data.prefix(4_000) },
        Damage("an empty file", "neither a .glb nor a .gltf", "glTF 2.0") { _ in Data() },
        Damage("corrupt", "JSON:", "export the scene again") { glb in
            var data = try glb.data
            data.replaceSubrange(40..<60, with: Data(repeating: 0xff, count: 20))
            return data
        },
        .document("a cycle of nodes", "nodes[", "has a cycle") { glb in
            let count = glb["nodes"].count
            glb["nodes"] += [["children": [count + 1]], ["children": [count]]]
            glb["scenes"] = [["nodes": [count]]]
        },
        .document("an accessor that is not there", "meshes[0].primitives[0].attributes.POSITION", "there is no accessor 99") { glb in
            glb["meshes"][0]["primitives"] = [["attributes": ["POSITION": 99]]]
        },
        .document("a vertex that is not there", "meshes[0].primitives[0].indices", "index 60000") { glb in
            let indices = try #require(glb.primitive["indices"] as? Int)
            try glb.overwrite(accessor: indices, with: [0x60, 0xea])
        },
        .document("a position that is no number", "accessors[", "a value is not finite") { glb in
            let attributes = try #require(glb.primitive["attributes"] as? [String: Int])
            try glb.overwrite(accessor: try #require(attributes["POSITION"]), with: [0, 0, 0xc0, 0x7f])
        },
        .document("an absurd count", "accessors[0].count", "4000000000 elements") { $0["accessors"][0]["count"] = 4_000_000_000 },
        .document("a texture that is missing", "images[0].uri", "no-such.png", "put it beside the scene") { glb in
            glb["images"] = [["uri": "no-such.png"]]
            glb["textures"] = [["source": 0]]
            glb["materials"][0]["pbrMetallicRoughness"] = ["baseColorTexture": ["index": 0]]
        },
        .document("an extension that is unknown", "requires the extension EXT_unheard_of", "export it without") { glb in
            glb.document["extensionsUsed"] = ["EXT_unheard_of"]
            glb.document["extensionsRequired"] = ["EXT_unheard_of"]
        },
    ]

    @Test(arguments: damages)
    func isRefused(_ damage: Damage) throws {
        try withDirectory { directory in
            let scene = directory + "/bad.glb"
            try damage.bytes(try GLB.cornell()).write(to: URL(filePath: scene))
            try BadSceneTests.expectRefused(scene, damage.message, directory)
        }
    }

    @Test func theSceneThatIsDamagedIsGoodItself() throws {
        try withDirectory { directory in
            let scene = directory + "/good.glb"
            try GLB.cornell().data.write(to: URL(filePath: scene))
            let rendered = try NodeBinary().run(BadSceneTests.render(scene, to: "\(directory)/picture.exr", directory))
            #expect(rendered.status == 0, "\(rendered.error)")
        }
    }

    @Test func aSceneThatIsNoFileIsRefused() throws {
        try withDirectory { directory in
            try BadSceneTests.expectRefused(directory + "/none.glb", ["No such file", "heck the path"], directory)
            try BadSceneTests.expectRefused(directory, ["not a regular file"], directory)
        }
    }

    @Test func anOutputThatCannotBeWrittenIsFoundFirst() throws {
        try withDirectory { directory in
            let scene = directory + "/good.glb"
            try GLB.cornell().data.write(to: URL(filePath: scene))
            // A file is no folder, whoever asks; permissions would not stop root.
            for (folder, advice) in [(scene, "it is no folder"), (directory + "/none", "Make it first")] {
                let rendered = try NodeBinary().run(BadSceneTests.render(scene, to: "\(folder)/picture.exr", directory))
                #expect(rendered.status == 1)
                #expect(rendered.error.contains(folder) && rendered.error.contains(advice), "\(rendered.error)")
            }
            let ordered = try NodeBinary().run(BadSceneTests.submit(scene, directory) + ["--out", "\(scene)/pictures"])
            #expect(ordered.status == 1)
            #expect(ordered.error.contains("it is no folder"), "\(ordered.error)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["good.glb"])
        }
    }

    // MARK: Running

    private static func render(_ scene: String, to picture: String, _ directory: String) -> [String] {
        ["render", scene, "-o", picture, "--size", "8x8", "--samples", "1", "--device", "native", "--data", directory + "/data"]
    }

    /// Nobody is there, and nobody has to be: the scene is looked at first.
    private static func submit(_ scene: String, _ directory: String) -> [String] {
        let manager = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEyopopk1XDxLJ9Sz4mPwxYyEuyZBvGHzDyLPhVKcTFvZ"
        return ["submit", scene, "--manager", manager, "--dry-run", "--data", directory + "/data"]
    }

    private static func expectRefused(
        _ scene: String, _ message: [String], _ directory: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let picture = directory + "/picture.exr"
        for command in [render(scene, to: picture, directory), submit(scene, directory)] {
            let result = try NodeBinary().run(command)
            #expect(result.status == 1, "\(result.status): \(result.error)", sourceLocation: location)
            #expect(result.output.isEmpty, sourceLocation: location)
            for part in message {
                #expect(result.error.contains(part), "\(result.error)", sourceLocation: location)
            }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: directory).filter { !["bad.glb", "data"].contains($0) }
        #expect(left == [], sourceLocation: location)
    }
}
