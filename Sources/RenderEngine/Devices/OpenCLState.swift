internal import COpenCL
internal import CRenderKernels

/// Context, queue, kernel and buffers of one device.
///
/// `@unchecked Sendable`: OpenCL's objects are pointers that may be used on any thread, one at a time,
/// and this value lives behind its device's lock.
struct OpenCLState: ~Copyable, @unchecked Sendable {
    private let device: OpenCLPlatform.Device
    private let context: cl_context
    private let queue: cl_command_queue
    private let program: OpenCLProgram
    private let kernel: cl_kernel
    private let workGroup: Int
    /// The scene whose tables are on the device; kept alive, since a device that shares the host's memory uses them in place.
    private var scene: PreparedScene?
    private var tables: [OpenCLBuffer] = []
    private var view: OpenCLBuffer?

    var isCached: Bool { program.isCached }

    init(_ device: OpenCLPlatform.Device, cache: String?, workGroup: Int) throws(RenderError) {
        var status: cl_int = 0
        guard let context = ocl_create_context(device.platform, device.device, &status), status == CL_SUCCESS else {
            throw .deviceUnavailable(reason: "\(device.name) gives no context (OpenCL error \(status))")
        }
        guard let queue = ocl_create_queue(context, device.device, &status), status == CL_SUCCESS else {
            ocl_release_context(context)
            throw .deviceUnavailable(reason: "\(device.name) gives no queue (OpenCL error \(status))")
        }
        let program: OpenCLProgram
        do throws(RenderError) {
            program = try OpenCLProgram(device, context: context, cache: cache)
        } catch {
            ocl_release_queue(queue)
            ocl_release_context(context)
            throw error
        }
        guard let kernel = ocl_create_kernel(program.program, "rk_render_places", &status), status == CL_SUCCESS else {
            ocl_release_program(program.program)
            ocl_release_queue(queue)
            ocl_release_context(context)
            throw .deviceFailed(reason: "the kernels lack their entry point (OpenCL error \(status))")
        }
        self.device = device
        self.context = context
        self.queue = queue
        self.program = program
        self.kernel = kernel
        self.workGroup = max(1, workGroup)
    }

    deinit {
        tables.forEach { $0.release() }
        view?.release()
        ocl_release_kernel(kernel)
        ocl_release_program(program.program)
        ocl_release_queue(queue)
        ocl_release_context(context)
    }

    /// Puts a scene's tables and a view on the device.
    mutating func bind(_ scene: PreparedScene, _ view: RkView) throws(RenderError) {
        if self.scene !== scene {
            tables.forEach { $0.release() }
            tables = []
            self.scene = nil
            try loadTables(scene)
            self.scene = scene
        }
        self.view?.release()
        self.view = nil
        var value = view
        self.view = try withUnsafeMutableBytes(of: &value) { bytes throws(RenderError) in
            try buffer(bytes.count, bytes.baseAddress, inPlace: false)
        }
        for (index, table) in (tables + [self.view].compactMap(\.self)).enumerated() { try set(index, table) }
    }

    private mutating func loadTables(_ scene: PreparedScene) throws(RenderError) {
        let t = scene.tables
        let sizes = withUnsafeBytes(of: t.bytes) { Array($0.bindMemory(to: UInt64.self)) }
        let pointers: [UnsafeRawPointer?] = [
            UnsafeRawPointer(t.tables.header), UnsafeRawPointer(t.tables.nodes), UnsafeRawPointer(t.tables.packs),
            UnsafeRawPointer(t.tables.placements), UnsafeRawPointer(t.tables.draws), UnsafeRawPointer(t.tables.indices),
            UnsafeRawPointer(t.tables.attributes), UnsafeRawPointer(t.tables.materials), UnsafeRawPointer(t.tables.textures),
            UnsafeRawPointer(t.tables.images), UnsafeRawPointer(t.tables.texels), UnsafeRawPointer(t.tables.lights),
            UnsafeRawPointer(t.tables.lightCumulative), UnsafeRawPointer(t.tables.punctuals), UnsafeRawPointer(t.tables.skyCumulative),
            UnsafeRawPointer(t.tables.opacity),
        ]
        for (pointer, size) in zip(pointers, sizes) {
            guard size <= device.allocationMax else {
                throw .sceneTooLarge(what: "a table of \(size >> 20) MiB; \(device.name) takes at most \(device.allocationMax >> 20) MiB")
            }
            if let pointer, size > 0 {
                // The device only reads; OpenCL's type has no const.
                tables.append(try buffer(Int(size), UnsafeMutableRawPointer(mutating: pointer), inPlace: device.hostUnifiedMemory))
            } else {
                tables.append(try buffer(8, nil, inPlace: false))
            }
        }
    }

    private func buffer(_ size: Int, _ host: UnsafeMutableRawPointer?, inPlace: Bool) throws(RenderError) -> OpenCLBuffer {
        var status: cl_int = 0
        let access = host == nil ? CL_MEM_READ_WRITE : CL_MEM_READ_ONLY
        let source = host == nil ? 0 : inPlace ? CL_MEM_USE_HOST_PTR : CL_MEM_COPY_HOST_PTR
        guard let memory = ocl_create_buffer(context, cl_mem_flags(access | source), max(size, 8), host, &status), status == CL_SUCCESS
        else { throw .deviceFailed(reason: "\(device.name) has no \(size >> 20) MiB for a buffer (OpenCL error \(status))") }
        return OpenCLBuffer(memory: memory)
    }

    private func set(_ index: Int, _ buffer: OpenCLBuffer) throws(RenderError) {
        var memory: cl_mem? = buffer.memory
        try check(ocl_set_argument(kernel, cl_uint(index), MemoryLayout<cl_mem>.size, &memory), "argument \(index)")
    }

    private func check(_ status: cl_int, _ what: String) throws(RenderError) {
        guard status == CL_SUCCESS else { throw .deviceFailed(reason: "\(device.name): \(what) failed (OpenCL error \(status))") }
    }

    struct Results {
        var sums: [Float]
        /// Rays and samples that were not finite, alternating.
        var counts: [UInt32]
        var layers: [Float]
    }

    /// Renders places, four words each: x, y, first and last sample.
    func launch(_ places: [UInt32], layerFloats: Int) throws(RenderError) -> Results {
        let count = places.count / 4
        var results = Results(
            sums: [Float](repeating: 0, count: 3 * count), counts: [UInt32](repeating: 0, count: 2 * count),
            layers: [Float](repeating: 0, count: layerFloats * count))
        guard count > 0 else { return results }
        var words = places
        let input = try buffer(words.count * 4, &words, inPlace: false)
        defer { input.release() }
        let sums = try buffer(results.sums.count * 4, nil, inPlace: false)
        defer { sums.release() }
        let counts = try buffer(results.counts.count * 4, nil, inPlace: false)
        defer { counts.release() }
        let layers = try buffer(results.layers.count * 4, nil, inPlace: false)
        defer { layers.release() }
        let first = Int(RK_TABLE_COUNT) + 1
        try set(first, input)
        var number = cl_uint(count)
        try check(ocl_set_argument(kernel, cl_uint(first + 1), 4, &number), "an argument")
        number = cl_uint(layerFloats)
        try check(ocl_set_argument(kernel, cl_uint(first + 2), 4, &number), "an argument")
        try set(first + 3, sums)
        try set(first + 4, counts)
        try set(first + 5, layers)
        let global = (count + workGroup - 1) / workGroup * workGroup
        try check(ocl_launch(queue, kernel, global, workGroup), "a launch")
        try check(ocl_finish(queue), "a launch")
        try check(ocl_read(queue, sums.memory, results.sums.count * 4, &results.sums), "reading back")
        try check(ocl_read(queue, counts.memory, results.counts.count * 4, &results.counts), "reading back")
        if layerFloats > 0 { try check(ocl_read(queue, layers.memory, results.layers.count * 4, &results.layers), "reading back") }
        return results
    }
}

/// A buffer on the device, released by its owner.
struct OpenCLBuffer {
    let memory: cl_mem

    func release() { ocl_release_buffer(memory) }
}
