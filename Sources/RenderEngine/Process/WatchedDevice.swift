internal import RenderModel

/// A device whose renders tell of themselves and can be stopped, where they are steps of something longer.
struct WatchedDevice: RenderDevice {
    let device: any RenderDevice
    /// As `render`'s own.
    let progress: @Sendable (RenderProgress) -> Bool

    var description: DeviceDescription { device.description }

    func render(
        _ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool
    ) throws(RenderError) -> TileRecords {
        try device.render(scene, request) { state in self.progress(state) && progress(state) }
    }

    func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue] {
        try device.recompute(scene, request, places: places)
    }
}
