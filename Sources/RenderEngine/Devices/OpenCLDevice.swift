internal import COpenCL
internal import CRenderKernels
public import RenderModel
internal import Synchronization

/// The kernels on an OpenCL device.
///
/// Opening it proves that it gives profile D's bits: its known-answer renders must equal the native ones. Renders run one after
/// another; each is cut into launches of a fraction of a second, so that it can report and be cancelled.
public final class OpenCLDevice: RenderDevice {
    public let description: DeviceDescription
    /// Whether the kernels came from the cache.
    public let isCached: Bool
    private let state: Mutex<OpenCLState>

    /// - Parameters:
    ///   - index: among all devices of all platforms.
    ///   - cache: a folder for built kernels; nil for none.
    ///   - workGroup: work-items that run together; 64 suits all devices.
    /// - Throws: `deviceUnavailable` with the reason where the device does not exist or is refused for profile D.
    public init(index: Int = 0, cache: String? = nil, workGroup: Int = 64) throws(RenderError) {
        let devices = try OpenCLPlatform.devices()
        guard devices.indices.contains(index) else {
            throw .deviceUnavailable(
                reason: devices.isEmpty ? "there is no OpenCL device" : "there are only \(devices.count) OpenCL devices")
        }
        let device = devices[index]
        if let refusal = device.refusal { throw .deviceUnavailable(reason: refusal) }
        let opened = try OpenCLState(device, cache: cache, workGroup: workGroup)
        isCached = opened.isCached
        description = DeviceDescription(name: "opencl:\(index)", details: "\(device.name), \(device.platformVersion)")
        state = Mutex(opened)
        guard try KnownAnswers.profile(of: self) == KnownAnswers.profile(of: NativeDevice(threads: 1)) else {
            throw .deviceUnavailable(reason: "\(device.name) does not give profile D's bits: its known-answer renders differ")
        }
    }

    /// What is installed, with the reason where a device is refused. Nothing is built.
    public static func list() throws(RenderError) -> [DeviceDescription] {
        try OpenCLPlatform.devices().enumerated().map { index, device in
            DeviceDescription(name: "opencl:\(index)", details: "\(device.name), \(device.platformVersion)", refusal: device.refusal)
        }
    }

    /// Indices of the devices that are no processor and not refused.
    static func accelerators() throws(RenderError) -> [Int] {
        let devices = try OpenCLPlatform.devices()
        return devices.indices.filter { !devices[$0].isProcessor && devices[$0].refusal == nil }
    }

    public func render(_ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool)
        throws(RenderError) -> TileRecords
    {
        let view = try scene.view(request)
        let order = LaunchOrder(request)
        var records = TileRecords(
            tile: request.tile, samples: request.samples, sums: [Float](repeating: 0, count: 3 * request.recordCount),
            rays: [UInt16](repeating: 0, count: request.recordCount))
        let layerFloats = request.settings.layers.floats
        records.layers = [Float](repeating: 0, count: request.recordCount * layerFloats)
        try state.withLock { state throws(RenderError) in
            try state.bind(scene, view)
            var next = 0
            var rays: UInt64 = 0
            var pace = LaunchPace()
            while next < order.count {
                let units = order.units(from: next, records: pace.records)
                let started = LaunchPace.now()
                let results = try state.launch(units.places, layerFloats: layerFloats)
                pace.took(LaunchPace.now() - started, records: units.records.count)
                for (k, record) in units.records.enumerated() {
                    for channel in 0..<3 { records.sums[3 * record + channel] = results.sums[3 * k + channel] }
                    records.rays[record] = UInt16(truncatingIfNeeded: results.counts[2 * k])
                    rays += UInt64(results.counts[2 * k])
                    records.nonFiniteSamples += UInt64(results.counts[2 * k + 1])
                    for layer in 0..<layerFloats {
                        records.layers[layerFloats * record + layer] = results.layers[layerFloats * k + layer]
                    }
                }
                next = units.next
                guard progress(RenderProgress(permille: next * 1000 / order.count, rays: rays)) else { throw .cancelled }
            }
        }
        return records
    }

    public func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue] {
        let view = try scene.view(request)
        var packed: [UInt32] = []
        for place in places {
            let samples = try request.samples(of: place)
            packed += [place.x, place.y, samples.lowerBound, samples.upperBound]
        }
        return try state.withLock { state throws(RenderError) in
            try state.bind(scene, view)
            var values: [RecordValue] = []
            var next = 0
            while next < places.count {
                let last = min(next + LaunchPace.recordsMax, places.count)
                let results = try state.launch(Array(packed[4 * next..<4 * last]), layerFloats: 0)
                for k in 0..<last - next {
                    let sums = SIMD3(results.sums[3 * k], results.sums[3 * k + 1], results.sums[3 * k + 2])
                    values.append(RecordValue(sums: sums, rays: UInt16(truncatingIfNeeded: results.counts[2 * k])))
                }
                next = last
            }
            return values
        }
    }
}
