public import RenderModel

/// How far a render is.
public struct RenderProgress: Equatable, Sendable {
    /// 0…1000.
    public var permille: Int
    /// Closest-hit and shadow queries so far.
    public var rays: UInt64

    public init(permille: Int, rays: UInt64) {
        self.permille = permille
        self.rays = rays
    }
}

/// What a device is, in words and numbers that don't change while it is open.
public struct DeviceDescription: Equatable, Sendable {
    /// `native` or `opencl:N`.
    public var name: String
    /// Product and driver, for people.
    public var details: String
    /// Whether it gives profile D's bits; if not, why.
    public var refusal: String?

    public init(name: String, details: String, refusal: String? = nil) {
        self.name = name
        self.details = details
        self.refusal = refusal
    }
}

/// Something that renders records. All devices give the same bits for the same scene and request.
public protocol RenderDevice: Sendable {
    var description: DeviceDescription { get }

    /// Renders a request. `progress` is called on the caller's thread a few times a second; where it gives false, the render stops
    /// with `.cancelled`.
    func render(_ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool) throws(RenderError) -> TileRecords

    /// Renders single places of a request again: the same values as `render` gives there.
    func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue]
}

extension RenderDevice {
    public func render(_ scene: PreparedScene, _ request: RenderRequest) throws(RenderError) -> TileRecords {
        try render(scene, request) { _ in true }
    }
}
