import FoundationEssentials

extension GLTFDocument {
    /// Parses the JSON. Its depth and its number of values are counted and charged before the decoder allocates anything.
    ///
    /// The decoder rounds numbers correctly to double, takes the first of two equal keys and refuses numbers beyond a double.
    static func decode(_ json: ArraySlice<UInt8>, _ limits: SceneLimits, _ budget: inout MemoryBudget) throws(SceneError) -> GLTFDocument {
        guard json.count <= limits.jsonMax else {
            throw .limit("JSON", "\(json.count) bytes of JSON, at most \(limits.jsonMax) are read")
        }
        let shape = try JSONShape(json, limits)
        // Measured: the largest decoded element, a material, takes under 4 KiB; a number or a string under 64 bytes.
        var scratch = budget
        try scratch.charge(shape.objects, 4096, at: "JSON")
        try scratch.charge(shape.values, 64, at: "JSON")
        try scratch.charge(json.count, 2, at: "JSON")
        do {
            return try JSONDecoder().decode(GLTFDocument.self, from: Data(json))
        } catch let error as DecodingError {
            throw sceneError(error)
        } catch {
            throw .malformed("JSON", "\(error)")
        }
    }

    private static func sceneError(_ error: DecodingError) -> SceneError {
        switch error {
        case .typeMismatch(let type, let context):
            return .malformed(path(context.codingPath), "a value of type \(type) is expected")
        case .valueNotFound(let type, let context):
            return .malformed(path(context.codingPath), "null, where a value of type \(type) is expected")
        case .keyNotFound(let key, let context):
            return .malformed(path(context.codingPath), "the member \"\(key.stringValue)\" is missing")
        case .dataCorrupted(let context):
            let cause = context.underlyingError.map { "\($0)" } ?? context.debugDescription
            return .malformed(path(context.codingPath), "not valid JSON, or a number that cannot be represented (\(cause))")
        @unknown default:
            return .malformed("JSON", "\(error)")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text.isEmpty ? "JSON" : text
    }
}

/// Depth and number of values of a JSON text, found without parsing it.
struct JSONShape: Equatable {
    var objects = 0
    var values = 0

    init(_ json: ArraySlice<UInt8>, _ limits: SceneLimits) throws(SceneError) {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in json {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == 0x5c {
                    escaped = true
                } else if byte == 0x22 {
                    inString = false
                }
                continue
            }
            switch byte {
            case 0x22: inString = true
            case 0x7b, 0x5b:
                if byte == 0x7b { objects += 1 }
                values += 1
                depth += 1
                guard depth <= limits.jsonDepthMax else {
                    throw .limit("JSON", "arrays and objects are nested more than \(limits.jsonDepthMax) deep")
                }
            case 0x7d, 0x5d: depth -= 1
            case 0x2c: values += 1
            default: break
            }
        }
        guard !inString, depth == 0 else {
            throw .malformed("JSON", "the text ends inside a string, an array or an object")
        }
    }
}
