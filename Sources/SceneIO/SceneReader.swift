import Glibc
public import RenderModel

/// A scene that is ready to render, and what the artist should know about it.
public struct LoadedScene: Equatable, Sendable {
    public var scene: CanonicalScene
    /// What was decided for the scene, such as a camera.
    public var notices: [String] = []
    /// What will not look as in the file.
    public var warnings: [String] = []
}

/// Reads glTF 2.0 (`.glb`, `.gltf`) and scene archives into the canonical scene.
///
/// The file is hostile input: every index, count, size and number is checked before it is used, and nothing outside the scene's
/// own folder is opened. Errors are `SceneError`. Source: Khronos, glTF 2.0 specification.
public struct SceneReader: Sendable {
    /// What to see where no ray hits anything; overrides the scene's own sky.
    public enum Sky: Equatable, Sendable {
        /// Linear radiance, not negative.
        case constant(SIMD3<Float>)
        /// Path of an OpenEXR file, equirectangular, y up.
        case image(path: String)
    }

    public var limits = SceneLimits()
    public var sky: Sky?
    /// How many threads decode images. The scene and every error are the same with any number.
    public var threads: Int

    /// - Parameter threads: at least 1; by default the processors that are online.
    public init(limits: SceneLimits = SceneLimits(), sky: Sky? = nil, threads: Int? = nil) {
        self.limits = limits
        self.sky = sky
        self.threads = max(1, threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Reads a file; external buffers and images only from its folder.
    public func load(path: String) throws(SceneError) -> LoadedScene {
        let bytes = try SceneFiles.read(path: path, max: min(limits.fileMax, limits.memoryMax))
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        do {
            return try load(bytes: bytes, files: SceneFiles(folder: folder))
        } catch {
            throw SceneError(error.kind, at: error.place.isEmpty ? path : "\(path): \(error.place)", error.reason, advice: error.advice)
        }
    }

    /// Reads the bytes of a `.glb`, a `.gltf` or a scene archive.
    public func load(bytes: [UInt8], files: SceneFiles = SceneFiles(folder: nil)) throws(SceneError) -> LoadedScene {
        var budget = MemoryBudget(limits)
        try budget.charge(bytes.count, 1, at: "file")
        var loaded =
            SceneBundle.isArchive(bytes) ? try readArchive(bytes, &budget) : try readDocument(bytes, files, &budget)
        try applySky(&loaded.scene, &budget)
        try loaded.complete()
        return loaded
    }

    private func readDocument(_ bytes: [UInt8], _ files: SceneFiles, _ budget: inout MemoryBudget) throws(SceneError) -> LoadedScene {
        var json = bytes[...]
        var binary: ByteView?
        if GLBContainer.isGLB(bytes) {
            let container = try GLBContainer(bytes)
            json = bytes[container.json]
            binary = container.binary.map { ByteView(storage: bytes, range: $0) }
        } else if !json.prefix(64).contains(0x7b) {
            throw SceneError(
                .malformed, at: "file", "it is neither a .glb nor a .gltf",
                advice: "give a glTF 2.0 file; other formats can be exported from Blender")
        }
        let document = try GLTFDocument.decode(json, limits, &budget)
        let start = budget
        func begin(threads: Int) -> SceneBuilder {
            SceneBuilder(document: document, limits: limits, files: files, binary: binary, budget: start, threads: threads)
        }
        var builder = begin(threads: threads)
        do {
            try builder.build()
        } catch {
            if builder.imagesWaiting.isEmpty { throw error }
            // What is wrong with images that wait shows late, and memory runs out elsewhere. What holds is how it ends one by one.
            builder = begin(threads: 1)
            try builder.build()
        }
        budget = builder.budget
        return LoadedScene(scene: builder.scene, notices: builder.notices, warnings: builder.warnings)
    }

    private func readArchive(_ bytes: [UInt8], _ budget: inout MemoryBudget) throws(SceneError) -> LoadedScene {
        do throws(SceneFormatError) {
            let bundle = try SceneBundle(archive: bytes)
            let scene = try CanonicalScene(bundle, dataMax: budget.left)
            return LoadedScene(scene: scene)
        } catch {
            throw SceneError(.malformed, at: "archive", error.description, advice: "write the archive again from its source")
        }
    }

    private func applySky(_ scene: inout CanonicalScene, _ budget: inout MemoryBudget) throws(SceneError) {
        switch sky {
        case nil: break
        case .constant(let radiance):
            let max = Float(SceneBuilder.magnitudeMax)
            guard (0..<3).allSatisfy({ radiance[$0] >= 0 && radiance[$0] <= max }) else {
                throw SceneError(.malformed, at: "--sky", "a channel is negative or not finite", advice: "give three numbers such as 1,1,1")
            }
            scene.sky = .constant(radiance)
        case .image(let path):
            let bytes = try SceneFiles.read(path: path, max: min(limits.fileMax, budget.left))
            try scene.setSky(exr: bytes, limits: limits, budget: &budget, at: path)
        }
    }
}

extension LoadedScene {
    /// Adds what every picture needs, a camera and light, and checks the whole.
    mutating func complete() throws(SceneError) {
        if scene.cameras.isEmpty {
            try scene.frame()
            notices.append("the scene has no camera: it was framed from the front right")
        }
        if !scene.hasLight {
            scene.sky = .constant([0.5, 0.5, 0.5])
            warnings.append("the scene has no light: a grey sky of radiance 0.5 was added")
        }
        // What Workers will check again: a scene that this reader gives must pass.
        do {
            try scene.validate()
        } catch {
            throw .malformed("scene", error.description)
        }
    }
}
