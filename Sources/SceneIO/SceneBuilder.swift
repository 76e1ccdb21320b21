import RenderModel

/// Turns a document into the canonical scene, piece by piece; the pieces are in the extensions of this type.
struct SceneBuilder {
    let document: GLTFDocument
    let limits: SceneLimits
    let files: SceneFiles
    var buffers: SceneBuffers
    var budget: MemoryBudget
    var scene = CanonicalScene()
    var notices: [String] = []
    var warnings: [String] = []

    /// Canonical index of each source index, filled as things are first used.
    var nodeIndex: [Int: Int] = [:]
    /// Source index of each canonical node.
    var nodeSource: [Int] = []
    var meshIndex: [Int: Int] = [:]
    var materialIndex: [Int: Int] = [:]
    var defaultMaterial: Int?
    var skinIndex: [Int: Int] = [:]
    var textureIndex: [TextureUse: Int] = [:]
    var imageIndex: [TextureUse: Int] = [:]
    var imageFiles: [Int: ImageFile] = [:]
    var decodedImages: [Int: DecodedImage] = [:]
    /// Canonical images without texels so far, in the order of their numbers.
    var imagesWaiting: [(use: TextureUse, place: Int)] = []
    /// With one thread an image is decoded when it is first used; otherwise all are at the end.
    let threads: Int
    var lightIndex: [Int: Int] = [:]
    var areaLightIndex: [Int: Int] = [:]
    var trianglesTotal = 0
    var instancesTotal = 0

    init(document: GLTFDocument, limits: SceneLimits, files: SceneFiles, binary: ByteView?, budget: MemoryBudget, threads: Int) {
        self.document = document
        self.limits = limits
        self.files = files
        self.budget = budget
        self.threads = threads
        buffers = SceneBuffers(document: document, files: files, limits: limits, binary: binary)
    }

    /// A texture or an image together with the colour space it is read in.
    struct TextureUse: Hashable {
        var index: Int
        var isColor: Bool
    }

    mutating func warn(_ text: String) {
        // A hostile file could ask for a warning per triangle.
        if warnings.count < 256 && !warnings.contains(text) { warnings.append(text) }
    }

    mutating func build() throws(SceneError) {
        try checkAsset()
        try checkExtensions()
        try checkCounts()
        try buildNodes()
        try buildMeshes()
        try buildSkins()
        try buildAnimations()
        try buildRenderExtension()
        try decodeImages()
    }

    private func checkAsset() throws(SceneError) {
        guard document.asset.version.hasPrefix("2."), document.asset.minVersion.map({ $0 == "2.0" }) ?? true else {
            throw .unsupported("asset.version", "glTF \(document.asset.version), only 2.0 is read")
        }
    }

    private mutating func checkExtensions() throws(SceneError) {
        for name in document.extensionsRequired ?? [] where GLTFExtension(rawValue: name) == nil {
            throw SceneError(
                .unsupported, at: "extensionsRequired", "the scene requires the extension \(name), which is not known here",
                advice: "export it without \(name)")
        }
        for name in (document.extensionsUsed ?? []).prefix(256) where GLTFExtension(rawValue: name) == nil {
            warn("the extension \(name) is not known here and is ignored")
        }
    }

    private func checkCounts() throws(SceneError) {
        let counts: [(String, Int)] = [
            ("nodes", document.nodes?.count ?? 0), ("meshes", document.meshes?.count ?? 0),
            ("materials", document.materials?.count ?? 0), ("accessors", document.accessors?.count ?? 0),
            ("bufferViews", document.bufferViews?.count ?? 0), ("images", document.images?.count ?? 0),
            ("textures", document.textures?.count ?? 0), ("cameras", document.cameras?.count ?? 0),
            ("skins", document.skins?.count ?? 0), ("animations", document.animations?.count ?? 0),
        ]
        for (name, count) in counts where count > limits.elementsMax {
            throw .limit(name, "\(count) elements, at most \(limits.elementsMax) are read")
        }
    }
}

/// Numbers of the JSON: correctly rounded doubles, rounded once to float.
extension SceneBuilder {
    /// Largest magnitude of any number in a scene. Beyond it products of a few matrices overflow float32.
    static let magnitudeMax: Double = 1e15

    func float(_ value: Double, at place: @autoclosure () -> String) throws(SceneError) -> Float {
        guard value.magnitude <= SceneBuilder.magnitudeMax else {
            throw .malformed(place(), "\(value) is not a number that a scene can use")
        }
        return Float(value)
    }

    func float(
        _ value: Double?, default standard: Float, in range: ClosedRange<Double>, at place: @autoclosure () -> String
    ) throws(SceneError) -> Float {
        guard let value else { return standard }
        guard range.contains(value) else {
            throw .malformed(place(), "\(value) is outside \(range.lowerBound)...\(range.upperBound)")
        }
        return Float(value)
    }

    func floats(_ values: [Double], count: Int, at place: @autoclosure () -> String) throws(SceneError) -> [Float] {
        guard values.count == count else {
            throw .malformed(place(), "\(values.count) numbers, where \(count) are expected")
        }
        var result: [Float] = []
        result.reserveCapacity(count)
        for value in values { result.append(try float(value, at: place())) }
        return result
    }

    func vector3(_ values: [Double]?, default standard: SIMD3<Float>, at place: @autoclosure () -> String) throws(SceneError) -> SIMD3<
        Float
    > {
        guard let values else { return standard }
        let v = try floats(values, count: 3, at: place())
        return [v[0], v[1], v[2]]
    }

    /// A colour: three numbers that are not negative.
    func color(_ values: [Double]?, default standard: SIMD3<Float>, at place: @autoclosure () -> String) throws(SceneError) -> SIMD3<Float>
    {
        let v = try vector3(values, default: standard, at: place())
        guard v.x >= 0, v.y >= 0, v.z >= 0 else {
            throw .malformed(place(), "a colour with a negative channel")
        }
        return v
    }

    /// A unit quaternion from four finite numbers.
    func quaternion(_ q: SIMD4<Float>, at place: @autoclosure () -> String) throws(SceneError) -> SIMD4<Float> {
        let d = SIMD4<Double>(Double(q.x), Double(q.y), Double(q.z), Double(q.w))
        let length = (d * d).sum().squareRoot()
        guard length > 1e-12, length.isFinite else {
            throw .malformed(place(), "a rotation of length 0")
        }
        // One that is already a unit to float precision keeps its bits.
        if (length - 1).magnitude < 1e-6 { return q }
        let unit = d / length
        return [Float(unit.x), Float(unit.y), Float(unit.z), Float(unit.w)]
    }
}
