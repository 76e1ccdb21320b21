import Glibc
import RenderModel
import Testing

@testable import SceneIO

/// A folder that exists while a test runs.
final class ScratchFolder {
    let path: String

    init() {
        var template = Array("/tmp/scene-io-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        remove(path)
    }

    private func remove(_ path: String) {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(directory)
        }
        Glibc.remove(path)
    }

    func write(_ bytes: [UInt8], _ name: String) throws { try AtomicFile.write(bytes, to: "\(path)/\(name)") }

    var names: [String] {
        var result: [String] = []
        guard let directory = opendir(path) else { return [] }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { result.append(name) }
        }
        closedir(directory)
        return result.sorted()
    }
}

@Suite("Files of a scene")
struct SceneFilesTests {
    static func gltf(buffer: String, more: String = "") -> [UInt8] {
        Array(
            ("{\"asset\":{\"version\":\"2.0\"},\"nodes\":[{\"mesh\":0}],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],"
                + "\"accessors\":[{\"componentType\":5126,\"type\":\"VEC3\",\"bufferView\":0,\"count\":3}],"
                + "\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],\"buffers\":[{\"byteLength\":36,\"uri\":\"\(buffer)\"}]\(more)}").utf8
        )
    }

    static let triangle = TestDocument.floats([0, 0, 0, 1, 0, 0, 0, 1, 0])

    @Test func externalBuffersAreRead() throws {
        let folder = ScratchFolder()
        try folder.write(Self.triangle, "data 1.bin")
        try folder.write(Self.gltf(buffer: "data%201.bin"), "scene.gltf")
        let scene = try SceneReader().load(path: folder.path + "/scene.gltf").scene
        #expect(scene.meshes[0].primitives[0].positions == [0, 0, 0, 1, 0, 0, 0, 1, 0])
    }

    @Test func dataURIsAreRead() throws {
        let uri = "data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA"
        let scene = try SceneReader().load(bytes: Self.gltf(buffer: uri)).scene
        #expect(scene.meshes[0].primitives[0].positions == [0, 0, 0, 1, 0, 0, 0, 1, 0])
        for broken in ["data:;base64,A*", "data:text/plain,abc", "data:;base64,AAAA", "data:"] {
            #expect(throws: SceneError.self) { try SceneReader().load(bytes: Self.gltf(buffer: broken)) }
        }
    }

    @Test(arguments: [
        "../secret.bin", "a/../../secret.bin", "/etc/passwd", "%2e%2e/secret.bin", "..%2Fsecret.bin", "file:///etc/passwd",
        "http://example.org/a",
        "C:\\\\secret", "link.bin", "linked/secret.bin", "", "%zz", "a%00b", "%ff",
    ])
    func nothingOutsideTheFolderIsOpened(_ uri: String) throws {
        let outside = ScratchFolder()
        try outside.write(Self.triangle, "secret.bin")
        mkdir(outside.path + "/scene", 0o755)
        let folder = outside.path + "/scene"
        symlink(outside.path + "/secret.bin", folder + "/link.bin")
        symlink(outside.path, folder + "/linked")
        try AtomicFile.write(Self.gltf(buffer: uri), to: folder + "/scene.gltf")
        #expect { try SceneReader().load(path: folder + "/scene.gltf") } throws: { error in
            guard let error = error as? SceneError else { return false }
            return error.kind == .forbidden || error.kind == .malformed
        }
    }

    @Test func missingAndSpecialFilesAreNamed() throws {
        let folder = ScratchFolder()
        try folder.write(Self.gltf(buffer: "gone.bin"), "scene.gltf")
        #expect { try SceneReader().load(path: folder.path + "/scene.gltf") } throws: { "\($0)".contains("gone.bin") }
        mkfifo(folder.path + "/gone.bin", 0o644)
        #expect { try SceneReader().load(path: folder.path + "/scene.gltf") } throws: { "\($0)".contains("not a regular file") }
        #expect { try SceneReader().load(path: folder.path) } throws: { "\($0)".contains("not a regular file") }
        #expect { try SceneReader().load(path: folder.path + "/none.glb") } throws: { "\($0)".contains("none.glb") }
        #expect { try SceneReader().load(bytes: Self.gltf(buffer: "gone.bin")) } throws: { ($0 as? SceneError)?.kind == .forbidden }
    }

    @Test func missingTexturesAreNamed() throws {
        let folder = ScratchFolder()
        try folder.write(Self.triangle, "data.bin")
        let material =
            ",\"materials\":[{\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0}}}],\"textures\":[{\"source\":0}],"
            + "\"images\":[{\"uri\":\"wood.png\"}]"
        let text = String(decoding: Self.gltf(buffer: "data.bin", more: material), as: UTF8.self)
            .replacing("\"POSITION\":0}", with: "\"POSITION\":0},\"material\":0")
        try folder.write(Array(text.utf8), "scene.gltf")
        #expect { try SceneReader().load(path: folder.path + "/scene.gltf") } throws: { "\($0)".contains("wood.png") }
        try folder.write(TestPicture.jpeg, "wood.png")
        #expect(try SceneReader().load(path: folder.path + "/scene.gltf").scene.images.map(\.width) == [8])
        try folder.write([1, 2, 3], "wood.png")
        #expect { try SceneReader().load(path: folder.path + "/scene.gltf") } throws: { "\($0)".contains("images[0]") }
    }

    @Test func largeFilesAreRefusedUnread() throws {
        let folder = ScratchFolder()
        let path = folder.path + "/large.glb"
        try folder.write([], "large.glb")
        #expect(truncate(path, 1 << 40) == 0)
        #expect { try SceneReader().load(path: path) } throws: { ($0 as? SceneError)?.kind == .limit }
    }
}

@Suite("Atomic files")
struct AtomicFileTests {
    @Test func replacesWholeFilesAndLeavesNothingElse() throws {
        let folder = ScratchFolder()
        try folder.write([1, 2, 3], "a.bin")
        try folder.write([4], "a.bin")
        #expect(try SceneFiles.read(path: folder.path + "/a.bin", max: 10) == [4])
        #expect(folder.names == ["a.bin"])
    }

    @Test func failuresLeaveTheOldFileAndSayWhy() throws {
        let folder = ScratchFolder()
        #expect { try AtomicFile.write([1], to: folder.path + "/none/a.png") } throws: { "\($0)".contains("none") }
        #expect { try AtomicFile.write([1], to: folder.path + "/") } throws: { "\($0)".contains("names a folder") }
        mkdir(folder.path + "/taken", 0o755)
        #expect { try AtomicFile.write([1], to: folder.path + "/taken") } throws: { "\($0)".contains("take its name") }
        #expect(folder.names == ["taken"])
        // Root may write anywhere, so the permission is only tested for others.
        if geteuid() != 0 {
            chmod(folder.path + "/taken", 0o555)
            #expect { try AtomicFile.write([1], to: folder.path + "/taken/a") } throws: { "\($0)".contains("may write") }
        }
    }
}
