import COpenEXR

/// How OpenEXR files are written.
public struct EXROptions: Equatable, Sendable {
    public enum Precision: Sendable {
        /// 16 bits; values beyond 65,504 become that.
        case half
        case float
    }
    public var precision = Precision.float
    /// ZIP over 16 lines, lossless; false: no compression.
    public var compressed = true

    public init(precision: Precision = .float, compressed: Bool = true) {
        self.precision = precision
        self.compressed = compressed
    }
}

extension Picture {
    /// A linear OpenEXR file: R, G, B, A where there is alpha, and `layer.channel` for each channel of each layer. Depth and other
    /// layers named `depth` are always 32 bits.
    public func encodeEXR(_ options: EXROptions = EXROptions()) throws(SceneError) -> [UInt8] {
        var channels: [EXRChannel] = []
        for (index, name) in ["R", "G", "B"].enumerated() {
            channels.append(EXRChannel(name: name, values: color.pixels, offset: index, stride: 3, options.precision))
        }
        if let alpha { channels.append(EXRChannel(name: "A", values: alpha, offset: 0, stride: 1, options.precision)) }
        for layer in layers {
            for (index, name) in layer.channels.enumerated() {
                let precision = layer.name == "depth" ? .float : options.precision
                channels.append(
                    EXRChannel(
                        name: "\(layer.name).\(name)", values: layer.values, offset: index, stride: layer.channels.count, precision))
            }
        }
        guard Set(channels.map(\.name)).count == channels.count else {
            throw SceneError(.malformed, at: "OpenEXR", "two layers have the same name", advice: "name them differently")
        }
        return try EXRWriter.encode(channels, width: color.width, height: color.height, compressed: options.compressed)
    }
}

/// One plane of an OpenEXR file.
private struct EXRChannel {
    var name: String
    /// Two or four bytes a pixel, host order, row by row.
    var bytes: [UInt8]
    var type: exr_pixel_type_t

    init(name: String, values: [Float], offset: Int, stride: Int, _ precision: EXROptions.Precision) {
        self.name = name
        let plane = Swift.stride(from: offset, to: values.count, by: stride).map { values[$0] }
        switch precision {
        case .float:
            type = EXR_PIXEL_FLOAT
            bytes = plane.withUnsafeBytes { Array($0) }
        case .half:
            type = EXR_PIXEL_HALF
            let halves = plane.map { Float16(min(max($0, -65504), 65504)) }
            bytes = halves.withUnsafeBytes { Array($0) }
        }
    }

    var bytesPerPixel: Int { type == EXR_PIXEL_HALF ? 2 : 4 }
}

private enum EXRWriter {
    /// The file in memory: OpenEXRCore writes at offsets, the table of chunks last.
    private struct Target {
        var bytes: [UInt8] = []
    }

    static func encode(_ channels: [EXRChannel], width: Int, height: Int, compressed: Bool) throws(SceneError) -> [UInt8] {
        var target = Target()
        let code: exr_result_t = withUnsafeMutablePointer(to: &target) { pointer in
            var setup = exr_context_initializer_t()
            setup.size = MemoryLayout<exr_context_initializer_t>.size
            setup.user_data = UnsafeMutableRawPointer(pointer)
            setup.error_handler_fn = { _, _, _ in }
            setup.write_fn = { _, data, source, size, offset, _ in
                guard let target = data?.assumingMemoryBound(to: Target.self), let source, offset <= 1 << 40, size <= 1 << 40 else {
                    return -1
                }
                let end = Int(offset) + Int(size)
                if target.pointee.bytes.count < end {
                    target.pointee.bytes.append(contentsOf: repeatElement(0, count: end - target.pointee.bytes.count))
                }
                target.pointee.bytes.withUnsafeMutableBytes {
                    $0.baseAddress?.advanced(by: Int(offset)).copyMemory(from: source, byteCount: Int(size))
                }
                return Int64(size)
            }
            setup.zip_level = -2
            setup.dwa_quality = -1
            var context: exr_context_t?
            let started = exr_start_write(&context, "picture", EXR_WRITE_FILE_DIRECTLY, &setup)
            guard started == 0, let open = context else { return started }
            let written = write(open, channels, width, height, compressed)
            let finished = exr_finish(&context)
            return written != 0 ? written : finished
        }
        guard code == 0 else {
            let text = exr_get_default_error_message(code).map { String(cString: $0) } ?? "error \(code)"
            throw SceneError(.malformed, at: "OpenEXR", "the picture cannot be encoded (\(text))", advice: "write PNG instead")
        }
        return target.bytes
    }

    private static func write(
        _ context: exr_context_t, _ channels: [EXRChannel], _ width: Int, _ height: Int, _ compressed: Bool
    ) -> exr_result_t {
        var part: Int32 = 0
        let compression = compressed ? EXR_COMPRESSION_ZIP : EXR_COMPRESSION_NONE
        var code = exr_add_part(context, "picture", EXR_STORAGE_SCANLINE, &part)
        if code == 0 { code = exr_initialize_required_attr_simple(context, part, Int32(width), Int32(height), compression) }
        // Names such as albedo.R may exceed the 31 characters of the first file version.
        if code == 0 { code = exr_set_longname_support(context, 1) }
        for channel in channels where code == 0 {
            code = exr_add_channel(context, part, channel.name, channel.type, EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1)
        }
        if code == 0 { code = exr_write_header(context) }
        var pipeline = exr_encode_pipeline_t()
        var isOpen = false
        defer { if isOpen { exr_encoding_destroy(context, &pipeline) } }
        var row = 0
        while code == 0, row < height {
            var chunk = exr_chunk_info_t()
            code = exr_write_scanline_chunk_info(context, part, Int32(row), &chunk)
            guard code == 0, chunk.height > 0 else { break }
            code =
                isOpen ? exr_encoding_update(context, part, &chunk, &pipeline) : exr_encoding_initialize(context, part, &chunk, &pipeline)
            guard code == 0 else { break }
            isOpen = true
            code = encode(context, part, &pipeline, channels, row, width)
            row += Int(chunk.height)
        }
        return code
    }

    private static func encode(
        _ context: exr_context_t, _ part: Int32, _ pipeline: inout exr_encode_pipeline_t, _ channels: [EXRChannel], _ row: Int, _ width: Int
    ) -> exr_result_t {
        // The library reads the rows when the pipeline runs, so they live until this returns.
        var rows: [UnsafeMutablePointer<UInt8>] = []
        defer { for buffer in rows { buffer.deallocate() } }
        for index in 0..<Int(pipeline.channel_count) {
            let name = String(cString: pipeline.channels[index].channel_name)
            guard let channel = channels.first(where: { $0.name == name }) else { return exr_result_t(EXR_ERR_INVALID_ARGUMENT.rawValue) }
            let line = width * channel.bytesPerPixel
            let count = line * Int(pipeline.channels[index].height)
            let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
            rows.append(buffer)
            channel.bytes.withUnsafeBufferPointer { source in
                if let start = source.baseAddress { buffer.initialize(from: start + row * line, count: count) }
            }
            pipeline.channels[index].user_bytes_per_element = Int16(channel.bytesPerPixel)
            pipeline.channels[index].user_data_type = UInt16(channel.type.rawValue)
            pipeline.channels[index].user_pixel_stride = Int32(channel.bytesPerPixel)
            pipeline.channels[index].user_line_stride = Int32(line)
            pipeline.channels[index].encode_from_ptr = UnsafePointer(buffer)
        }
        let chosen = exr_encoding_choose_default_routines(context, part, &pipeline)
        guard chosen == 0, var compress = pipeline.compress_fn else {
            return chosen == 0 ? exr_encoding_run(context, part, &pipeline) : chosen
        }
        return withUnsafeMutablePointer(to: &compress) { original in
            pipeline.encoding_user_data = UnsafeMutableRawPointer(original)
            pipeline.compress_fn = storingWhatDoesNotShrink
            defer { pipeline.encoding_user_data = nil }
            return exr_encoding_run(context, part, &pipeline)
        }
    }

    private typealias Compression = @convention(c) (UnsafeMutablePointer<exr_encode_pipeline_t>?) -> exr_result_t

    /// Readers take a block whose packed size is that of the plain one for a plain one. OpenEXRCore 3.1 stores plainly only what has
    /// grown, so that a block whose packed size happens to be the same cannot be read: about one noisy block in a hundred.
    private static let storingWhatDoesNotShrink: Compression = { pipeline in
        guard let pipeline, let original = pipeline.pointee.encoding_user_data?.assumingMemoryBound(to: Compression.self) else {
            return exr_result_t(EXR_ERR_INVALID_ARGUMENT.rawValue)
        }
        let code = original.pointee(pipeline)
        let plain = Int(pipeline.pointee.packed_bytes)
        if code == 0, pipeline.pointee.compressed_bytes >= plain, let source = pipeline.pointee.packed_buffer {
            pipeline.pointee.compressed_buffer?.copyMemory(from: source, byteCount: plain)
            pipeline.pointee.compressed_bytes = plain
        }
        return code
    }
}
