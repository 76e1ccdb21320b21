internal import CRenderKernels
public import RenderModel

extension PreparedScene {
    /// Where the camera of these settings stands in this frame.
    public func camera(_ settings: RenderSettings) throws(RenderError) -> CameraView {
        CameraView(try view(PreparedScene.request(settings, frame: frame)))
    }

    /// Depth along the view axis of the first surface that each camera ray meets, whatever its alpha; +infinity where it meets none.
    public func depths(_ settings: RenderSettings, at points: [CameraPoint], level: NativeDevice.Level? = nil) throws(RenderError)
        -> [Float]
    {
        let view = try view(PreparedScene.request(settings, frame: frame))
        let level = NativeDevice(threads: 1, level: level).kernelLevel
        let rays = points.map { RkCameraPoint(x: $0.x, y: $0.y, lensArea: $0.lensArea, lensTurn: $0.lensTurn) }
        var depths = [Float](repeating: 0, count: points.count)
        var tables = tables.tables
        withUnsafePointer(to: view) { rk_native_depths(level, &tables, $0, rays, rays.count, &depths) }
        withExtendedLifetime(self) {}
        return depths
    }

    private static func request(_ settings: RenderSettings, frame: UInt32) -> RenderRequest {
        // Camera and size alone matter.
        RenderRequest(settings: settings, frame: frame, rngKey: 0, tile: Tile(x: 0, y: 0, width: 1, height: 1), samples: 0..<1)
    }
}

extension CameraView {
    init(_ view: RkView) {
        self.init(
            isPerspective: view.cameraKind == 0, origin: SIMD3(view.originX, view.originY, view.originZ),
            right: SIMD3(view.rightX, view.rightY, view.rightZ), up: SIMD3(view.upX, view.upY, view.upZ),
            forward: SIMD3(view.forwardX, view.forwardY, view.forwardZ), halfWidth: view.halfWidth, halfHeight: view.halfHeight,
            near: view.near, far: view.far, lensRadius: view.lensRadius, focusDistance: view.focusDistance)
    }
}
