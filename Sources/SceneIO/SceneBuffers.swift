import FoundationEssentials

/// Bytes of a buffer or of a part of one; the array is shared, never copied.
struct ByteView {
    var storage: [UInt8]
    var range: Range<Int>

    var count: Int { range.count }
}

/// The buffers of a document: loaded on first use, from the binary chunk, a data URI or a file of the scene's folder.
struct SceneBuffers {
    let document: GLTFDocument
    let files: SceneFiles
    let limits: SceneLimits
    let binary: ByteView?
    private var loaded: [Int: ByteView] = [:]

    init(document: GLTFDocument, files: SceneFiles, limits: SceneLimits, binary: ByteView?) {
        self.document = document
        self.files = files
        self.limits = limits
        self.binary = binary
    }

    mutating func view(_ index: Int, _ budget: inout MemoryBudget, at place: String) throws(SceneError) -> ByteView {
        guard let views = document.bufferViews, views.indices.contains(index) else {
            throw .malformed(place, "there is no bufferView \(index)")
        }
        let view = views[index]
        let path = "bufferViews[\(index)]"
        let offset = view.byteOffset ?? 0
        let buffer = try buffer(view.buffer, &budget, at: path)
        guard offset >= 0, view.byteLength >= 0, offset <= buffer.count, view.byteLength <= buffer.count - offset else {
            throw .malformed(path, "bytes \(offset) + \(view.byteLength) of a buffer of \(buffer.count)")
        }
        let start = buffer.range.lowerBound + offset
        return ByteView(storage: buffer.storage, range: start..<(start + view.byteLength))
    }

    func stride(_ index: Int) -> Int? {
        document.bufferViews?[index].byteStride
    }

    private mutating func buffer(_ index: Int, _ budget: inout MemoryBudget, at place: String) throws(SceneError) -> ByteView {
        if let view = loaded[index] { return view }
        guard let buffers = document.buffers, buffers.indices.contains(index) else {
            throw .malformed(place, "there is no buffer \(index)")
        }
        let buffer = buffers[index]
        let path = "buffers[\(index)]"
        var view: ByteView
        if let uri = buffer.uri {
            let bytes = try resource(uri, &budget, at: "\(path).uri")
            view = ByteView(storage: bytes, range: 0..<bytes.count)
        } else if index == 0, let binary {
            view = binary
        } else {
            throw .malformed(path, "the buffer has neither a uri nor a binary chunk")
        }
        guard buffer.byteLength >= 0, buffer.byteLength <= view.count else {
            throw .malformed(path, "\(buffer.byteLength) bytes are announced and \(view.count) are there")
        }
        view.range = view.range.lowerBound..<(view.range.lowerBound + buffer.byteLength)
        loaded[index] = view
        return view
    }

    /// The bytes behind a URI: `data:` with base64, or a file of the scene's folder.
    func resource(_ uri: String, _ budget: inout MemoryBudget, at place: String) throws(SceneError) -> [UInt8] {
        guard uri.hasPrefix("data:") else {
            let bytes = try files.read(uri: uri, max: min(limits.fileMax, budget.left), at: place)
            try budget.charge(bytes.count, 1, at: place)
            return bytes
        }
        guard let comma = uri.firstIndex(of: ","), uri[..<comma].hasSuffix(";base64") else {
            throw .unsupported(place, "a data URI that is not base64")
        }
        let text = uri[uri.index(after: comma)...]
        try budget.charge(text.utf8.count, 2, at: place)
        guard let data = Data(base64Encoded: String(text)) else {
            throw .malformed(place, "the base64 text of the data URI is broken")
        }
        return [UInt8](data)
    }
}
