import Foundation
import Testing

/// A binary glTF file taken apart, to be changed and put together again.
struct GLB {
    typealias Members = [String: Any]

    var document: Members
    var binary: Data

    static func cornell() throws -> GLB {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: top.appending(path: "scenes/cornell.glb"))
        let length = data[12..<16].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        let document = try JSONSerialization.jsonObject(with: data[20..<(20 + length)]) as? Members
        return GLB(document: try #require(document), binary: Data(data[(28 + length)...]))
    }

    /// The elements of a top-level array of the document.
    subscript(_ name: String) -> [Members] {
        get { document[name] as? [Members] ?? [] }
        set { document[name] = newValue }
    }

    /// The first primitive of the first mesh.
    var primitive: Members { (self["meshes"].first?["primitives"] as? [Members])?.first ?? [:] }

    /// Puts bytes in the place of an accessor's first.
    mutating func overwrite(accessor index: Int, with bytes: [UInt8]) throws {
        let accessor = self["accessors"][index]
        let view = self["bufferViews"][try #require(accessor["bufferView"] as? Int)]
        let start = (accessor["byteOffset"] as? Int ?? 0) + (view["byteOffset"] as? Int ?? 0)
        binary.replaceSubrange(start..<(start + bytes.count), with: bytes)
    }

    var data: Data {
        get throws {
            var json = try JSONSerialization.data(withJSONObject: document)
            json += Data(repeating: UInt8(ascii: " "), count: (4 - json.count % 4) % 4)
            var data = Data("glTF".utf8)
            func append(_ words: Int...) {
                for word in words { withUnsafeBytes(of: UInt32(word).littleEndian) { data += $0 } }
            }
            append(2, 28 + json.count + binary.count, json.count)
            data += Data("JSON".utf8) + json
            append(binary.count)
            return data + Data("BIN\0".utf8) + binary
        }
    }
}
