/// The device that a user names: `native`, `opencl` or `opencl:N`.
public enum DeviceChoice: Equatable, Sendable, CustomStringConvertible {
    case native
    /// Index among the devices of all OpenCL platforms, in the order in which they are listed.
    case openCL(index: Int)

    public init?(_ text: some StringProtocol) {
        if text == "native" {
            self = .native
        } else if text == "opencl" {
            self = .openCL(index: 0)
        } else if text.hasPrefix("opencl:"), let index = Int(text.dropFirst(7)), (0..<1024).contains(index) {
            self = .openCL(index: index)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .native: "native"
        case .openCL(let index): "opencl:\(index)"
        }
    }

    /// Opens the device. For OpenCL this builds the kernels, or reads them from the cache.
    ///
    /// - Parameters:
    ///   - threads: of the native device; nil for one per processor.
    ///   - kernelCache: folder for built OpenCL kernels; nil for none.
    ///   - workGroup: work-items of an OpenCL device that run together.
    public func open(threads: Int? = nil, kernelCache: String? = nil, workGroup: Int = 64) throws(RenderError) -> any RenderDevice {
        switch self {
        case .native: NativeDevice(threads: threads)
        case .openCL(let index): try OpenCLDevice(index: index, cache: kernelCache, workGroup: workGroup)
        }
    }
}
