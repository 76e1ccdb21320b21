import RenderModel

/// The chunks of a `.glb` file. Source: glTF 2.0 specification, section 4.4 (GLB file format).
struct GLBContainer {
    /// Ranges into the file.
    var json: Range<Int>
    var binary: Range<Int>?

    static func isGLB(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 4 && bytes[0] == 0x67 && bytes[1] == 0x6c && bytes[2] == 0x54 && bytes[3] == 0x46
    }

    init(_ bytes: [UInt8]) throws(SceneError) {
        guard bytes.count >= 20 else {
            throw .malformed("header", "the file has \(bytes.count) bytes, fewer than the header of a .glb")
        }
        guard GLBContainer.isGLB(bytes) else {
            throw .malformed("header", "it does not begin with glTF")
        }
        let version = GLBContainer.word(bytes, 4)
        guard version == 2 else {
            throw .unsupported("header", "container version \(version), only 2 is known")
        }
        let length = GLBContainer.word(bytes, 8)
        guard length <= bytes.count, length >= 20 else {
            throw .malformed("header", "\(length) bytes are announced and \(bytes.count) are there: the file is cut short")
        }
        var position = 12
        var json: Range<Int>?
        var binary: Range<Int>?
        var index = 0
        while position < length {
            guard length - position >= 8 else {
                throw .malformed("chunk \(index)", "the file ends inside the header of the chunk")
            }
            let count = GLBContainer.word(bytes, position)
            let type = GLBContainer.word(bytes, position + 4)
            position += 8
            guard count <= length - position else {
                throw .malformed("chunk \(index)", "\(count) bytes are announced and \(length - position) are left")
            }
            let range = position..<(position + count)
            switch (index, type) {
            case (0, 0x4E4F_534A): json = range
            case (0, _): throw .malformed("chunk 0", "the first chunk is not JSON")
            case (1, 0x004E_4942): binary = range
            default: break  // The specification: unknown chunks are ignored.
            }
            position += count
            index += 1
        }
        guard let json else {
            throw .malformed("chunk 0", "there is no JSON chunk")
        }
        self.json = json
        self.binary = binary
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16 | Int(bytes[offset + 3]) << 24
    }
}
