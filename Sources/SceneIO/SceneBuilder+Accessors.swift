/// What an accessor says about its elements. Source: glTF 2.0, section 3.6.2 (accessors).
struct AccessorLayout {
    enum Component: Int {
        case int8 = 5120
        case uint8 = 5121
        case int16 = 5122
        case uint16 = 5123
        case uint32 = 5125
        case float = 5126

        var size: Int {
            switch self {
            case .int8, .uint8: 1
            case .int16, .uint16: 2
            case .uint32, .float: 4
            }
        }
    }

    var component: Component
    var normalized: Bool
    var count: Int
    /// Components per element.
    var width: Int
    /// Rows per column of a matrix, whose columns begin at multiples of four bytes; 0 for anything else.
    var rows: Int

    /// Offset in bytes of one component in its element.
    func offset(_ index: Int) -> Int {
        guard rows > 0 else { return index * component.size }
        let column = (rows * component.size + 3) & ~3
        return index / rows * column + index % rows * component.size
    }

    var elementSize: Int { offset(width - 1) + component.size }
}

/// Where the elements of an accessor lie.
private struct ElementSource {
    var view: ByteView
    var offset: Int
    var stride: Int
}

extension SceneBuilder {
    func layout(_ index: Int, at place: String) throws(SceneError) -> AccessorLayout {
        guard let accessors = document.accessors, accessors.indices.contains(index) else {
            throw .malformed(place, "there is no accessor \(index)")
        }
        let accessor = accessors[index]
        let path = "accessors[\(index)]"
        guard let component = AccessorLayout.Component(rawValue: accessor.componentType) else {
            throw .malformed("\(path).componentType", "\(accessor.componentType) is not a component type")
        }
        let shapes: [String: (Int, Int)] = [
            "SCALAR": (1, 0), "VEC2": (2, 0), "VEC3": (3, 0), "VEC4": (4, 0), "MAT2": (4, 2), "MAT3": (9, 3), "MAT4": (16, 4),
        ]
        guard let (width, rows) = shapes[accessor.type] else {
            throw .malformed("\(path).type", "\(accessor.type) is not a type")
        }
        guard accessor.count > 0, accessor.count <= Int(UInt32.max) / 16 else {
            throw .malformed("\(path).count", "\(accessor.count) elements")
        }
        return AccessorLayout(
            component: component, normalized: accessor.normalized ?? false, count: accessor.count, width: width, rows: rows)
    }

    /// Elements as floats, integers converted by the rules of the specification: count × width values, all finite.
    mutating func readFloats(_ index: Int, widths: Set<Int>, at place: String) throws(SceneError) -> (
        values: [Float], layout: AccessorLayout
    ) {
        let layout = try layout(index, at: place)
        guard widths.contains(layout.width) else {
            throw .malformed(place, "accessor \(index) has elements of \(layout.width) numbers")
        }
        let path = "accessors[\(index)]"
        let source = try source(index, layout, at: path)
        try budget.charge(layout.count * layout.width, 4, at: path)
        var values = [Float](repeating: 0, count: layout.count * layout.width)
        if let source {
            SceneBuilder.convert(source, layout, into: &values)
        }
        try applySparse(index, layout, at: path) { (element, source, row) in
            var one = [Float](repeating: 0, count: layout.width)
            var single = layout
            single.count = 1
            var at = source
            at.offset += row * source.stride
            SceneBuilder.convert(at, single, into: &one)
            for k in 0..<layout.width { values[element * layout.width + k] = one[k] }
        }
        let limit = Float(SceneBuilder.magnitudeMax)
        guard values.allSatisfy({ $0.magnitude <= limit }) else {
            throw .malformed(path, "a value is not finite, or larger than 10^15")
        }
        return (values, layout)
    }

    /// Elements of unsigned integers, not normalised: count × width values.
    mutating func readIntegers(_ index: Int, width: Int, at place: String) throws(SceneError) -> [UInt32] {
        let layout = try layout(index, at: place)
        let path = "accessors[\(index)]"
        guard layout.width == width, [.uint8, .uint16, .uint32].contains(layout.component) else {
            throw .malformed(place, "accessor \(index) is not made of \(width) unsigned integers an element")
        }
        let source = try source(index, layout, at: path)
        try budget.charge(layout.count * width, 4, at: path)
        var values = [UInt32](repeating: 0, count: layout.count * width)
        if let source {
            SceneBuilder.gather(source, layout, into: &values)
        }
        try applySparse(index, layout, at: path) { (element, source, row) in
            var one = [UInt32](repeating: 0, count: width)
            var single = layout
            single.count = 1
            var at = source
            at.offset += row * source.stride
            SceneBuilder.gather(at, single, into: &one)
            for k in 0..<width { values[element * width + k] = one[k] }
        }
        return values
    }

    /// The checked place of an accessor's elements; nil where it has no buffer view (all zeros).
    private mutating func source(_ index: Int, _ layout: AccessorLayout, at path: String) throws(SceneError) -> ElementSource? {
        guard let accessor = document.accessors?[index], let viewIndex = accessor.bufferView else { return nil }
        let view = try buffers.view(viewIndex, &budget, at: "\(path).bufferView")
        let stride = buffers.stride(viewIndex) ?? ((layout.rows > 0 ? layout.elementSize + 3 & ~3 : layout.elementSize))
        return try source(view, offset: accessor.byteOffset ?? 0, stride: stride, count: layout.count, size: layout.elementSize, at: path)
    }

    private func source(
        _ view: ByteView, offset: Int, stride: Int, count: Int, size: Int, at path: String
    ) throws(SceneError) -> ElementSource {
        let (span, overflow) = stride.multipliedReportingOverflow(by: count - 1)
        guard stride >= size, stride <= 1 << 16, offset >= 0, !overflow, size <= view.count, offset <= view.count - size,
            span <= view.count - size - offset
        else {
            throw .malformed(path, "\(count) elements of \(size) bytes, \(stride) apart from \(offset), in a view of \(view.count) bytes")
        }
        return ElementSource(view: view, offset: view.range.lowerBound + offset, stride: stride)
    }

    /// Calls `body` for each sparse element. Source: glTF 2.0, section 3.6.2.3.
    private mutating func applySparse(
        _ index: Int, _ layout: AccessorLayout, at path: String, _ body: (Int, ElementSource, Int) -> Void
    ) throws(SceneError) {
        guard let sparse = document.accessors?[index].sparse else { return }
        let place = "\(path).sparse"
        guard sparse.count > 0, sparse.count <= layout.count else {
            throw .malformed(place, "\(sparse.count) replaced elements of \(layout.count)")
        }
        guard let component = AccessorLayout.Component(rawValue: sparse.indices.componentType),
            [.uint8, .uint16, .uint32].contains(component)
        else {
            throw .malformed(place, "indices of component type \(sparse.indices.componentType)")
        }
        let indexView = try buffers.view(sparse.indices.bufferView, &budget, at: place)
        let indexSource = try source(
            indexView, offset: sparse.indices.byteOffset ?? 0, stride: component.size, count: sparse.count, size: component.size, at: place)
        let valueView = try buffers.view(sparse.values.bufferView, &budget, at: place)
        let valueSource = try source(
            valueView, offset: sparse.values.byteOffset ?? 0, stride: layout.elementSize, count: sparse.count, size: layout.elementSize,
            at: place)
        try budget.charge(sparse.count, 4, at: place)
        var elements = [UInt32](repeating: 0, count: sparse.count)
        let single = AccessorLayout(component: component, normalized: false, count: sparse.count, width: 1, rows: 0)
        SceneBuilder.gather(indexSource, single, into: &elements)
        var previous = -1
        for (row, element) in elements.enumerated() {
            guard Int(element) > previous, Int(element) < layout.count else {
                throw .malformed(place, "index \(element) is not ascending or not below \(layout.count)")
            }
            previous = Int(element)
            body(Int(element), valueSource, row)
        }
    }

    private static func gather(_ source: ElementSource, _ layout: AccessorLayout, into values: inout [UInt32]) {
        source.view.storage.withUnsafeBytes { bytes in
            var next = 0
            for element in 0..<layout.count {
                let start = source.offset + element * source.stride
                for component in 0..<layout.width {
                    let at = start + layout.offset(component)
                    switch layout.component {
                    case .uint8, .int8: values[next] = UInt32(bytes[at])
                    case .uint16, .int16:
                        values[next] = UInt32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self)))
                    case .uint32, .float: values[next] = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                    }
                    next += 1
                }
            }
        }
    }

    /// Source: glTF 2.0, section 3.11 (animations) and KHR_mesh_quantization for the normalised conversions.
    private static func convert(_ source: ElementSource, _ layout: AccessorLayout, into values: inout [Float]) {
        source.view.storage.withUnsafeBytes { bytes in
            var next = 0
            for element in 0..<layout.count {
                let start = source.offset + element * source.stride
                for component in 0..<layout.width {
                    let at = start + layout.offset(component)
                    let value: Float
                    switch layout.component {
                    case .float:
                        value = Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                    case .uint8:
                        let raw = Float(bytes[at])
                        value = layout.normalized ? raw / 255 : raw
                    case .int8:
                        let raw = Float(Int8(bitPattern: bytes[at]))
                        value = layout.normalized ? max(raw / 127, -1) : raw
                    case .uint16:
                        let raw = Float(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self)))
                        value = layout.normalized ? raw / 65535 : raw
                    case .int16:
                        let raw = Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int16.self)))
                        value = layout.normalized ? max(raw / 32767, -1) : raw
                    case .uint32:
                        value = Float(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                    }
                    values[next] = value
                    next += 1
                }
            }
        }
    }
}
