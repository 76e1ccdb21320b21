internal import CRenderKernels
public import ProofOfRender
public import RenderModel

extension NativeDevice {
    /// Renders single samples of a request: sums of radiance and rays of each alone. What a record adds up in their order.
    public func samples(_ scene: PreparedScene, _ request: RenderRequest, at places: [SamplePlace]) throws(RenderError) -> [RecordValue] {
        let view = try scene.view(request)
        var wanted: [RkRecordPlace] = []
        for place in places {
            // Refuses a place outside of the request.
            _ = try request.samples(of: RecordPlace(x: place.x, y: place.y, bucket: place.sample / TileRecords.bucketSamples))
            guard request.samples.contains(place.sample) else {
                throw .invalidRequest(rule: "a sample lies within the samples of its request")
            }
            wanted.append(RkRecordPlace(x: place.x, y: place.y, first: place.sample, last: place.sample + 1))
        }
        return records(scene, view, wanted)
    }
}
