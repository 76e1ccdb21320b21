public import ProofOfRender
public import RenderModel
public import Wire

/// How a job is cut into tasks.
public enum JobSplit: UInt32, Hashable, Sendable, CaseIterable {
    /// Stills by tiles, animations by frames where there are enough of them.
    case auto = 0
    /// One task is one whole frame, unless that would be too large for one task.
    case frames = 1
    /// Every frame is cut into tiles.
    case tiles = 2
}

/// Formats that the client will encode from the raw picture.
public struct PictureFormats: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let png = PictureFormats(rawValue: 1)
    public static let exr = PictureFormats(rawValue: 2)
}

/// An inclusive range of frame numbers; frames start at 1.
public struct FrameRange: Hashable, Sendable {
    public var first: UInt32
    public var last: UInt32

    public init(first: UInt32, last: UInt32) {
        self.first = first
        self.last = last
    }
}

/// What an artist orders. With the client's nonce it becomes a `JobRequest`.
public struct JobOrder: Hashable, Sendable {
    public static let rangesMax = 64
    public static let framesMax = 10_000

    public var sceneRoot: CID
    /// Bytes of the scene's manifest and blocks together, as the client counts them.
    public var sceneBytes: UInt64
    /// Ascending, without overlap.
    public var frames: [FrameRange]
    public var settings: RenderSettings
    public var split: JobSplit = .auto
    public var formats: PictureFormats = .png
    public var level: SecurityLevel = .standard
    /// Most that the whole job may cost, in hundredths of an ifxDollar; 0 where the network charges nothing.
    public var budget: UInt64 = 0
    /// Highest price per IBM that is paid, in millionths of an ifxDollar; 0 for no limit.
    public var priceMax: UInt64 = 0
    /// Jobs of a higher number go first.
    public var priority: UInt32 = 0
    /// Whether each Worker gets a copy of the scene with marks of its own, where tasks are large enough to carry them.
    public var isMarked = true

    public init(sceneRoot: CID, sceneBytes: UInt64, frames: [FrameRange], settings: RenderSettings) {
        self.sceneRoot = sceneRoot
        self.sceneBytes = sceneBytes
        self.frames = frames
        self.settings = settings
    }

    /// Whether a Manager may take it: frames, settings and formats within their bounds. Extra layers are not proven, hence not offered.
    public var isValid: Bool {
        frameCount != nil && settings.isValid && settings.layers.isEmpty && sceneBytes > 0
            && formats.subtracting([.png, .exr]).isEmpty
    }

    /// Number of frames, or nil where the ranges are not ascending, overlap, or hold more than `framesMax`.
    public var frameCount: Int? {
        guard !frames.isEmpty, frames.count <= JobOrder.rangesMax else { return nil }
        var count: UInt64 = 0
        var after: UInt32 = 0
        for range in frames {
            guard range.first > after, range.last >= range.first else { return nil }
            count += UInt64(range.last - range.first) + 1
            after = range.last
        }
        return count <= UInt64(JobOrder.framesMax) ? Int(count) : nil
    }

    /// All frames in order; empty where `frameCount` is nil.
    public var frameNumbers: [UInt32] { frameCount == nil ? [] : frames.flatMap { Array($0.first...$0.last) } }
}
