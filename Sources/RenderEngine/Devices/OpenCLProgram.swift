internal import COpenCL
internal import CRenderKernels
internal import Crypto
internal import Wire

/// The kernels built for one device, from source or from a saved binary.
struct OpenCLProgram {
    /// Profile D: correctly rounded division and square root, nothing relaxed.
    static let options = "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt"

    let program: cl_program
    /// Whether the binary came from the cache.
    let isCached: Bool

    /// - Parameter cache: a folder for binaries; nil for none. A binary that the driver refuses is built again.
    init(_ device: OpenCLPlatform.Device, context: cl_context, cache: String?) throws(RenderError) {
        var length = 0
        guard let text = rk_kernel_text(&length) else { throw .deviceFailed(reason: "the kernel text is missing") }
        let source = UnsafeRawBufferPointer(start: text, count: length)
        let path = cache.map { "\($0)/\(OpenCLProgram.cacheName(device, source)).bin" }
        if let path, let binary = KernelCache.read(path), let program = OpenCLProgram.load(binary, device, context) {
            self.program = program
            isCached = true
            return
        }
        var status: cl_int = 0
        guard let program = ocl_create_program_from_text(context, text, length, &status), status == CL_SUCCESS else {
            throw .deviceFailed(reason: "the kernels were not accepted (OpenCL error \(status))")
        }
        status = ocl_build_program(program, device.device, OpenCLProgram.options)
        guard status == CL_SUCCESS else {
            let log = OpenCLProgram.log(program, device)
            ocl_release_program(program)
            throw .deviceFailed(reason: "the kernels do not build on \(device.name) (OpenCL error \(status)): \(log)")
        }
        self.program = program
        isCached = false
        if let path, let binary = OpenCLProgram.binary(program) { KernelCache.write(binary, to: path) }
    }

    /// A binary belongs to one device, driver, source and set of options.
    private static func cacheName(_ device: OpenCLPlatform.Device, _ source: UnsafeRawBufferPointer) -> String {
        var hash = Blake2b()
        for text in [device.name, device.vendor, device.driver, device.platformVersion, options] {
            hash.update(lengthPrefixed: Array(text.utf8))
        }
        hash.update(source)
        return Hex.encode(hash.finish().array)
    }

    private static func load(_ binary: [UInt8], _ device: OpenCLPlatform.Device, _ context: cl_context) -> cl_program? {
        var status: cl_int = 0
        guard let program = ocl_create_program_from_binary(context, device.device, binary, binary.count, &status) else { return nil }
        guard status == CL_SUCCESS, ocl_build_program(program, device.device, options) == CL_SUCCESS else {
            ocl_release_program(program)
            return nil
        }
        return program
    }

    private static func binary(_ program: cl_program) -> [UInt8]? {
        var size = 0
        guard ocl_get_binary_size(program, &size) == CL_SUCCESS, size > 0, size <= KernelCache.sizeMax else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        return ocl_get_binary(program, &bytes) == CL_SUCCESS ? bytes : nil
    }

    private static func log(_ program: cl_program, _ device: OpenCLPlatform.Device) -> String {
        var bytes = [CChar](repeating: 0, count: 16_384)
        guard ocl_get_build_log(program, device.device, bytes.count, &bytes, nil) == CL_SUCCESS else { return "no log" }
        return String(decoding: bytes.prefix { $0 != 0 }.prefix(800).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
