@testable import SceneIO

/// A `.glb` made in a test: JSON text and the bytes of its binary chunk.
struct TestDocument {
    var json: String
    var binary: [UInt8] = []

    var glb: [UInt8] {
        var text = Array(json.utf8)
        while text.count % 4 != 0 { text.append(0x20) }
        var data = binary
        while data.count % 4 != 0 { data.append(0) }
        var bytes =
            Array("glTF".utf8) + TestDocument.word(2) + TestDocument.word(UInt32(12 + 8 + text.count + (data.isEmpty ? 0 : 8 + data.count)))
        bytes += TestDocument.word(UInt32(text.count)) + Array("JSON".utf8) + text
        if !data.isEmpty { bytes += TestDocument.word(UInt32(data.count)) + Array("BIN\0".utf8) + data }
        return bytes
    }

    func load(_ limits: SceneLimits = SceneLimits()) throws -> LoadedScene {
        try SceneReader(limits: limits).load(bytes: glb)
    }

    /// The error of loading; nil where it succeeds.
    func refusal(_ limits: SceneLimits = SceneLimits()) -> SceneError? {
        do {
            _ = try SceneReader(limits: limits).load(bytes: glb)
            return nil
        } catch {
            return error
        }
    }

    static func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    static func half(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
    static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { word($0.bitPattern) } }

    /// A document of parts: accessors over buffer views over one binary chunk.
    struct Parts {
        var binary: [UInt8] = []
        var views: [String] = []
        var accessors: [String] = []
        /// Members of the root besides accessors, buffers and buffer views.
        var members: [String] = []

        /// Appends bytes as a buffer view; returns its index.
        @discardableResult
        mutating func view(_ bytes: [UInt8], _ more: String = "") -> Int {
            while binary.count % 4 != 0 { binary.append(0) }
            views.append("{\"buffer\":0,\"byteOffset\":\(binary.count),\"byteLength\":\(bytes.count)\(more)}")
            binary += bytes
            return views.count - 1
        }

        @discardableResult
        mutating func accessor(_ bytes: [UInt8], _ component: Int, _ type: String, count: Int, _ more: String = "") -> Int {
            let view = view(bytes)
            accessors.append("{\"bufferView\":\(view),\"componentType\":\(component),\"type\":\"\(type)\",\"count\":\(count)\(more)}")
            return accessors.count - 1
        }

        @discardableResult
        mutating func floats(_ values: [Float], _ type: String = "VEC3") -> Int {
            let width = ["SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16][type]!
            return accessor(TestDocument.floats(values), 5126, type, count: values.count / width)
        }

        @discardableResult
        mutating func indices(_ values: [UInt16]) -> Int {
            accessor(values.flatMap(TestDocument.half), 5123, "SCALAR", count: values.count)
        }

        var document: TestDocument {
            var all = ["\"asset\":{\"version\":\"2.0\"}"] + members
            if !accessors.isEmpty { all.append("\"accessors\":[\(accessors.joined(separator: ","))]") }
            if !views.isEmpty { all.append("\"bufferViews\":[\(views.joined(separator: ","))]") }
            if !binary.isEmpty { all.append("\"buffers\":[{\"byteLength\":\(binary.count)}]") }
            return TestDocument(json: "{" + all.joined(separator: ",") + "}", binary: binary)
        }
    }

    /// One triangle with positions (accessor 0) and indices (accessor 1).
    static var triangle: Parts {
        var parts = Parts()
        parts.floats([0, 0, 0, 1, 0, 0, 0, 1, 0])
        parts.indices([0, 1, 2])
        return parts
    }

    static let triangleMesh = "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"indices\":1}]}]"

    /// A triangle with the given nodes, where node 0 should carry mesh 0.
    static func triangle(nodes: String, _ more: String...) -> TestDocument {
        var parts = triangle
        parts.members = [triangleMesh, "\"nodes\":\(nodes)"] + more
        return parts.document
    }
}
