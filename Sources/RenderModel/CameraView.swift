/// Where a camera stands in a frame, in numbers. A point (x, y) of a picture of width × height pixels is seen along
/// right·(2x/width − 1)·halfWidth + up·(1 − 2y/height)·halfHeight, from the origin where the projection is a perspective (with
/// `forward` added), else in parallel to `forward`.
public struct CameraView: Hashable, Sendable {
    public var isPerspective: Bool
    public var origin: SIMD3<Float>
    /// Unit vectors.
    public var right: SIMD3<Float>
    public var up: SIMD3<Float>
    public var forward: SIMD3<Float>
    /// Tangents of the half angles, or half extents.
    public var halfWidth: Float
    public var halfHeight: Float
    /// Along `forward`.
    public var near: Float
    public var far: Float
    /// 0 for a pinhole.
    public var lensRadius: Float
    public var focusDistance: Float

    public init(
        isPerspective: Bool, origin: SIMD3<Float>, right: SIMD3<Float>, up: SIMD3<Float>, forward: SIMD3<Float>, halfWidth: Float,
        halfHeight: Float, near: Float, far: Float, lensRadius: Float, focusDistance: Float
    ) {
        self.isPerspective = isPerspective
        self.origin = origin
        self.right = right
        self.up = up
        self.forward = forward
        self.halfWidth = halfWidth
        self.halfHeight = halfHeight
        self.near = near
        self.far = far
        self.lensRadius = lensRadius
        self.focusDistance = focusDistance
    }

    /// The point of the scene that lies at `depth` along the view axis behind point (x, y) of the picture.
    public func point(x: Double, y: Double, width: UInt32, height: UInt32, depth: Double) -> SIMD3<Double> {
        let sx = (2 * x / Double(width) - 1) * Double(halfWidth)
        let sy = (1 - 2 * y / Double(height)) * Double(halfHeight)
        let scale = isPerspective ? depth : 1
        let (origin, right, up, forward) = (SIMD3<Double>(origin), SIMD3<Double>(right), SIMD3<Double>(up), SIMD3<Double>(forward))
        return origin + right * (sx * scale) + up * (sy * scale) + forward * depth
    }
}

/// A camera ray: a point of the picture in pixels and one of the lens.
public struct CameraPoint: Hashable, Sendable {
    public var x: Float
    public var y: Float
    /// Square of the distance from the middle of the lens, in units of its radius, and angle in turns.
    public var lensArea: Float
    public var lensTurn: Float

    public init(x: Float, y: Float, lensArea: Float = 0, lensTurn: Float = 0) {
        self.x = x
        self.y = y
        self.lensArea = lensArea
        self.lensTurn = lensTurn
    }
}
