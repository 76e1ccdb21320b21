internal import COpenCL

/// The OpenCL devices of this machine.
enum OpenCLPlatform {
    struct Device {
        let platform: cl_platform_id
        let device: cl_device_id
        let name: String
        let vendor: String
        let driver: String
        let platformVersion: String
        let singleFloat: cl_device_fp_config
        let hostUnifiedMemory: Bool
        let littleEndian: Bool
        /// The machine's own processor, which the native device uses as well.
        let isProcessor: Bool
        let allocationMax: UInt64

        /// Why this device can't give profile D's bits; nil where nothing is known against it.
        var refusal: String? {
            let needed: [(Int32, String)] = [
                (CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT, "correctly rounded division and square root"), (CL_FP_DENORM, "subnormal numbers"),
                (CL_FP_INF_NAN, "infinities"), (CL_FP_ROUND_TO_NEAREST, "rounding to nearest"),
            ]
            for (bit, feature) in needed where singleFloat & cl_device_fp_config(bit) == 0 { return "\(name) has no \(feature)" }
            return littleEndian ? nil : "\(name) is not little-endian"
        }
    }

    /// All devices, platform by platform.
    static func devices() throws(RenderError) -> [Device] {
        if let problem = ocl_open() { throw .deviceUnavailable(reason: "OpenCL is not installed (\(String(cString: problem)))") }
        var count: cl_uint = 0
        guard ocl_get_platforms(0, nil, &count) == CL_SUCCESS, count > 0, count < 64 else { return [] }
        var platforms = [cl_platform_id?](repeating: nil, count: Int(count))
        guard ocl_get_platforms(count, &platforms, nil) == CL_SUCCESS else { return [] }
        var found: [Device] = []
        for case let platform? in platforms {
            var count: cl_uint = 0
            guard ocl_get_devices(platform, 0, nil, &count) == CL_SUCCESS, count > 0, count < 256 else { continue }
            var devices = [cl_device_id?](repeating: nil, count: Int(count))
            guard ocl_get_devices(platform, count, &devices, nil) == CL_SUCCESS else { continue }
            let version = text { ocl_get_platform_info(platform, cl_platform_info(CL_PLATFORM_VERSION), $0, $1, $2) }
            for case let device? in devices {
                func info(_ name: Int32) -> String { text { ocl_get_device_info(device, cl_device_info(name), $0, $1, $2) } }
                func number<T: FixedWidthInteger>(_ name: Int32, _: T.Type) -> T {
                    var value: T = 0
                    _ = ocl_get_device_info(device, cl_device_info(name), MemoryLayout<T>.size, &value, nil)
                    return value
                }
                found.append(
                    Device(
                        platform: platform, device: device, name: info(CL_DEVICE_NAME), vendor: info(CL_DEVICE_VENDOR),
                        driver: info(CL_DRIVER_VERSION), platformVersion: version,
                        singleFloat: number(CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config.self),
                        hostUnifiedMemory: number(CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool.self) != 0,
                        littleEndian: number(CL_DEVICE_ENDIAN_LITTLE, cl_bool.self) != 0,
                        isProcessor: number(CL_DEVICE_TYPE, cl_device_type.self) & cl_device_type(CL_DEVICE_TYPE_CPU) != 0,
                        allocationMax: number(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong.self)))
            }
        }
        return found
    }

    private static func text(_ query: (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int) -> String {
        var size = 0
        guard query(0, nil, &size) == CL_SUCCESS, size > 0, size < 65_536 else { return "" }
        var bytes = [UInt8](repeating: 0, count: size)
        guard query(size, &bytes, nil) == CL_SUCCESS else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
