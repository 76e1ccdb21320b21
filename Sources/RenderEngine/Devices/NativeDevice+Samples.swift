internal import CRenderKernels
public import ProofOfRender
public import RenderModel

extension NativeDevice {
    /// Renders single samples of a request: sums of radiance and rays of each alone. What a record adds up in their order.
    public func samples(_ scene: PreparedScene, _ request: RenderRequest, at places: [SamplePlace]) throws(RenderError) -> [RecordValue] {
        let view = try scene.view(request)
        var tables = scene.tables.tables
        var values: [RecordValue] = []
        for place in places {
            // Refuses a place outside of the request.
            _ = try request.samples(of: RecordPlace(x: place.x, y: place.y, bucket: place.sample / TileRecords.bucketSamples))
            guard request.samples.contains(place.sample) else {
                throw .invalidRequest(rule: "a sample lies within the samples of its request")
            }
            var record = RkRecord()
            withUnsafePointer(to: view) { view in
                rk_native_record(kernelLevel, &tables, view, place.x, place.y, place.sample, place.sample + 1, &record)
            }
            values.append(RecordValue(sums: SIMD3(record.red, record.green, record.blue), rays: UInt16(clamping: record.rays)))
        }
        withExtendedLifetime(scene) {}
        return values
    }
}
