/// The devices that a user names: `native`, `opencl`, `opencl:N`, several of them with commas between, or `all`.
public enum DeviceChoice: Equatable, Sendable, CustomStringConvertible {
    case native
    /// Index among the devices of all OpenCL platforms, in the order in which they are listed.
    case openCL(index: Int)
    /// Two or more single devices that render together. One may stand there twice.
    case several([DeviceChoice])
    /// The processor, by the native device, and every OpenCL device that is no processor and gives profile D.
    case all

    /// Devices of one group.
    static let groupMax = 64

    public init?(_ text: some StringProtocol) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        if names.count > 1 {
            let members = names.compactMap { DeviceChoice(single: $0) }
            guard members.count == names.count, members.count <= DeviceChoice.groupMax else { return nil }
            self = .several(members)
        } else if text == "all" {
            self = .all
        } else {
            self.init(single: text)
        }
    }

    private init?(single text: some StringProtocol) {
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
        case .several(let members): members.map(\.description).joined(separator: ",")
        case .all: "all"
        }
    }

    /// Whether opening it loads OpenCL's drivers.
    var usesOpenCL: Bool {
        switch self {
        case .native: false
        case .openCL, .all: true
        case .several(let members): members.contains(where: \.usesOpenCL)
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
        case .native: return NativeDevice(threads: threads)
        case .openCL(let index): return try OpenCLDevice(index: index, cache: kernelCache, workGroup: workGroup)
        case .several(let members):
            var opened: [any RenderDevice] = []
            for member in members { opened.append(try member.open(threads: threads, kernelCache: kernelCache, workGroup: workGroup)) }
            return DeviceGroup(opened)
        case .all:
            var opened: [any RenderDevice] = [NativeDevice(threads: threads)]
            // A machine without OpenCL, or with devices that are refused, renders on the rest.
            for index in (try? OpenCLDevice.accelerators()) ?? [] {
                if let device = try? OpenCLDevice(index: index, cache: kernelCache, workGroup: workGroup) { opened.append(device) }
            }
            return opened.count == 1 ? opened[0] : DeviceGroup(opened)
        }
    }
}
