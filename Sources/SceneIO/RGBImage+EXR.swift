import COpenEXR
import Glibc

extension RGBImage {
    /// Reads the colour of a single- or multi-part OpenEXR file (first part, scanlines, channels R, G, B or Y).
    public static func decodeEXR(_ bytes: [UInt8], limits: SceneLimits = SceneLimits()) throws(SceneError) -> RGBImage {
        var budget = MemoryBudget(limits)
        return try decodeEXR(bytes, limits: limits, budget: &budget, at: "OpenEXR")
    }

    static func decodeEXR(
        _ bytes: [UInt8], limits: SceneLimits, budget: inout MemoryBudget, at place: String
    ) throws(SceneError) -> RGBImage {
        // Typed throws do not pass through `withUnsafeBytes`, so the result does.
        var charged = budget
        let result: Result<RGBImage, SceneError> = bytes.withUnsafeBytes { buffer in
            Result { () throws(SceneError) -> RGBImage in try decode(.bytes(buffer), limits, &charged, at: place) }
        }
        budget = charged
        return try result.get()
    }

    /// Reads an open file chunk by chunk: the picture is in memory, the file is not.
    static func decodeEXR(descriptor: Int32, size: Int, limits: SceneLimits, at place: String) throws(SceneError) -> RGBImage {
        var budget = MemoryBudget(limits)
        return try decode(.file(descriptor, size: size), limits, &budget, at: place)
    }

    private static func decode(
        _ source: EXRSource, _ limits: SceneLimits, _ budget: inout MemoryBudget, at place: String
    ) throws(SceneError) -> RGBImage {
        var source = source
        let header = try withReader(&source, limits, at: place) { (reader) throws(SceneError) in try reader.header(limits, at: place) }
        // The texels, a chunk packed and unpacked, and the three planes while they are interleaved.
        try budget.charge(header.width * header.height, 24, at: place)
        defer { budget.release(header.width * header.height * 12) }
        return try withReader(&source, limits, at: place) { (reader) throws(SceneError) in try reader.decode(header, at: place) }
    }

    private static func withReader<T>(
        _ source: inout EXRSource, _ limits: SceneLimits, at place: String, _ body: (EXRReader) throws(SceneError) -> T
    ) throws(SceneError) -> T {
        let result: Result<T, SceneError> = withUnsafeMutablePointer(to: &source) { pointer in
            Result { () throws(SceneError) -> T in
                let reader = try EXRReader(pointer, limits, at: place)
                defer { reader.close() }
                return try body(reader)
            }
        }
        return try result.get()
    }
}

/// Where OpenEXRCore reads from.
private enum EXRSource {
    case bytes(UnsafeRawBufferPointer)
    case file(Int32, size: Int)

    var size: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(_, let size): size
        }
    }

    /// Bytes read, fewer at the end; -1 beyond it or where the file cannot be read.
    func read(_ target: UnsafeMutableRawPointer, _ wanted: UInt64, at offset: UInt64) -> Int64 {
        guard offset <= size else { return -1 }
        let count = Int(min(wanted, UInt64(size) - offset))
        switch self {
        case .bytes(let bytes):
            if count > 0, let base = bytes.baseAddress { target.copyMemory(from: base + Int(offset), byteCount: count) }
            return Int64(count)
        case .file(let descriptor, _):
            var done = 0
            while done < count {
                let got = pread(descriptor, target + done, count - done, off_t(offset) + off_t(done))
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { return -1 }
                if got == 0 { break }
                done += got
            }
            return Int64(done)
        }
    }
}

/// One open file of OpenEXRCore; valid inside `withReader` only.
private struct EXRReader {
    struct Header {
        var width: Int
        var height: Int
        var top: Int32
        /// Red, green, blue: the same name three times for a grey picture.
        var channels: [String]
    }

    let context: exr_context_t

    init(_ source: UnsafeMutablePointer<EXRSource>, _ limits: SceneLimits, at place: String) throws(SceneError) {
        var setup = exr_context_initializer_t()
        setup.size = MemoryLayout<exr_context_initializer_t>.size
        setup.user_data = UnsafeMutableRawPointer(source)
        setup.error_handler_fn = { _, _, _ in }
        setup.size_fn = { _, data in
            data.map { Int64($0.assumingMemoryBound(to: EXRSource.self).pointee.size) } ?? -1
        }
        setup.read_fn = { _, data, target, size, offset, _ in
            guard let source = data?.assumingMemoryBound(to: EXRSource.self).pointee, let target else { return -1 }
            return source.read(target, size, at: offset)
        }
        setup.max_image_width = Int32(clamping: limits.imageSideMax)
        setup.max_image_height = Int32(clamping: limits.imageSideMax)
        setup.zip_level = -2
        setup.dwa_quality = -1
        setup.flags = Int32(
            EXR_CONTEXT_FLAG_STRICT_HEADER | EXR_CONTEXT_FLAG_SILENT_HEADER_PARSE | EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION)
        var context: exr_context_t?
        let result = exr_start_read(&context, "picture", &setup)
        guard result == 0, let context else {
            if context != nil { exr_finish(&context) }
            throw EXRReader.failed("the OpenEXR header cannot be read", result, at: place)
        }
        self.context = context
    }

    func close() {
        var context: exr_context_t? = context
        exr_finish(&context)
    }

    func header(_ limits: SceneLimits, at place: String) throws(SceneError) -> Header {
        var storage = EXR_STORAGE_SCANLINE
        var window = exr_attr_box2i_t()
        var list: UnsafePointer<exr_attr_chlist_t>?
        guard exr_get_storage(context, 0, &storage) == 0, exr_get_data_window(context, 0, &window) == 0,
            exr_get_channels(context, 0, &list) == 0, let list
        else {
            throw .malformed(place, "the OpenEXR header is incomplete")
        }
        guard storage == EXR_STORAGE_SCANLINE else {
            throw .unsupported(place, "a tiled or deep OpenEXR file; scanlines are read")
        }
        let width = Int(window.max.x) - Int(window.min.x) + 1
        let height = Int(window.max.y) - Int(window.min.y) + 1
        guard width > 0, height > 0, width <= limits.imageSideMax, height <= limits.imageSideMax else {
            throw .limit(place, "\(width) × \(height) pixels, at most \(limits.imageSideMax) a side are read")
        }
        var names: [String] = []
        for index in 0..<Int(list.pointee.num_channels) {
            let entry = list.pointee.entries[index]
            guard entry.x_sampling == 1, entry.y_sampling == 1 else {
                throw .unsupported(place, "an OpenEXR file with subsampled channels")
            }
            if let text = entry.name.str { names.append(String(cString: text)) }
        }
        if names.contains("R"), names.contains("G"), names.contains("B") {
            return Header(width: width, height: height, top: window.min.y, channels: ["R", "G", "B"])
        }
        guard names.contains("Y") else {
            throw .unsupported(place, "an OpenEXR file without channels R, G, B or Y")
        }
        return Header(width: width, height: height, top: window.min.y, channels: ["Y", "Y", "Y"])
    }

    func decode(_ header: Header, at place: String) throws(SceneError) -> RGBImage {
        var image = RGBImage(width: header.width, height: header.height)
        var lines: Int32 = 0
        guard exr_get_scanlines_per_chunk(context, 0, &lines) == 0, lines > 0 else {
            throw .malformed(place, "the OpenEXR header is incomplete")
        }
        var pipeline = exr_decode_pipeline_t()
        var isOpen = false
        defer { if isOpen { exr_decoding_destroy(context, &pipeline) } }
        var row = 0
        while row < header.height {
            var chunk = exr_chunk_info_t()
            var result = exr_read_scanline_chunk_info(context, 0, header.top + Int32(row), &chunk)
            guard result == 0 else { throw EXRReader.failed("line \(row) cannot be read", result, at: place) }
            guard Int(chunk.width) == header.width, Int(chunk.height) > 0, Int(chunk.height) <= header.height - row else {
                throw .malformed(place, "a block of lines of the wrong size at line \(row)")
            }
            result = isOpen ? exr_decoding_update(context, 0, &chunk, &pipeline) : exr_decoding_initialize(context, 0, &chunk, &pipeline)
            isOpen = true
            guard result == 0 else { throw EXRReader.failed("line \(row) cannot be read", result, at: place) }
            result = image.pixels.withUnsafeMutableBufferPointer { pixels in
                setTargets(&pipeline, header, pixels.baseAddress! + row * header.width * 3)
                let chosen = exr_decoding_choose_default_routines(context, 0, &pipeline)
                return chosen == 0 ? exr_decoding_run(context, 0, &pipeline) : chosen
            }
            guard result == 0 else { throw EXRReader.failed("line \(row) cannot be decoded", result, at: place) }
            row += Int(chunk.height)
        }
        if header.channels[1] == header.channels[0] {
            for pixel in 0..<(header.width * header.height) {
                image.pixels[pixel * 3 + 1] = image.pixels[pixel * 3]
                image.pixels[pixel * 3 + 2] = image.pixels[pixel * 3]
            }
        }
        return image
    }

    private func setTargets(_ pipeline: inout exr_decode_pipeline_t, _ header: Header, _ start: UnsafeMutablePointer<Float>) {
        for index in 0..<Int(pipeline.channel_count) {
            let name = String(cString: pipeline.channels[index].channel_name)
            guard let channel = header.channels.firstIndex(of: name) else {
                pipeline.channels[index].decode_to_ptr = nil
                continue
            }
            pipeline.channels[index].user_bytes_per_element = 4
            pipeline.channels[index].user_data_type = UInt16(EXR_PIXEL_FLOAT.rawValue)
            pipeline.channels[index].user_pixel_stride = 12
            pipeline.channels[index].user_line_stride = Int32(header.width * 12)
            pipeline.channels[index].decode_to_ptr = UnsafeMutableRawPointer(start + channel).assumingMemoryBound(to: UInt8.self)
        }
    }

    private static func failed(_ reason: String, _ code: exr_result_t, at place: String) -> SceneError {
        let text = exr_get_default_error_message(code).map { String(cString: $0) } ?? "error \(code)"
        return .malformed(place, "\(reason) (\(text))")
    }
}
