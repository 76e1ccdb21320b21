public import ProofOfRender
public import RenderModel
public import Wire

/// What an engine says about itself when it starts.
public struct EngineHello: Equatable, Sendable {
    /// Version of the messages of this file; both ends must have the same.
    public static let currentVersion: UInt32 = 2

    public var version: UInt32
    /// Digest of the known-answer renders on the device in use: equal on all devices of profile D.
    public var profile: Bytes32
    /// `native` or `opencl:N`.
    public var device: String
    public var details: String
    /// What confines the process, for people.
    public var sandbox: String

    public init(
        version: UInt32 = EngineHello.currentVersion, profile: Bytes32, device: String, details: String, sandbox: String = ""
    ) {
        self.version = version
        self.profile = profile
        self.device = device
        self.details = details
        self.sandbox = sandbox
    }
}

/// Part of a render's records: `sums` has three floats a record, `layers` as many as the settings ask for.
public struct EngineRecords: Equatable, Sendable {
    public var first: Int
    public var rays: [UInt16]
    public var sums: [Float]
    public var layers: [Float]

    public init(first: Int, rays: [UInt16], sums: [Float], layers: [Float]) {
        self.first = first
        self.rays = rays
        self.sums = sums
        self.layers = layers
    }
}

/// What an engine answers.
public enum EngineResponse: Equatable, Sendable {
    case hello(EngineHello)
    case sceneLoaded(scene: UInt32)
    case prepared(id: UInt32, triangles: UInt64, memory: UInt64)
    /// Permille of a render and its rays so far; also a sign of life.
    case progress(id: UInt32, permille: UInt32, rays: UInt64)
    case records(id: UInt32, EngineRecords)
    /// The last answer to a render.
    case rendered(id: UInt32, nonFinite: UInt64)
    case recomputed(id: UInt32, values: [RecordValue])
    /// A block that a marked copy has beyond its scene, and the marks of one part; `marked` follows.
    case markedBlock(id: UInt32, bytes: [UInt8])
    case markedPart(id: UInt32, MarkSecret)
    /// The copy's root; nil where no part can carry a mark.
    case marked(id: UInt32, root: CID?)
    /// A scene could not be loaded.
    case sceneFailed(scene: UInt32, reason: String)
    /// A request could not be carried out, or was cancelled.
    case failed(id: UInt32, cancelled: Bool, reason: String)

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        switch self {
        case .hello(let hello):
            writer.message(1) {
                $0.uint32(1, hello.version)
                $0.bytes32(2, hello.profile)
                $0.string(3, hello.device)
                $0.string(4, hello.details)
                $0.string(5, hello.sandbox)
            }
        case .sceneLoaded(let scene): writer.message(2) { $0.uint32(1, scene) }
        case .prepared(let id, let triangles, let memory):
            writer.message(3) {
                $0.uint32(1, id)
                $0.uint64(5, triangles)
                $0.uint64(6, memory)
            }
        case .progress(let id, let permille, let rays):
            writer.message(4) {
                $0.uint32(1, id)
                $0.uint64(5, UInt64(permille))
                $0.uint64(6, rays)
            }
        case .records(let id, let records):
            writer.message(5) {
                $0.uint32(1, id)
                $0.bytes(2, PackedNumbers.pack(records.sums))
                $0.bytes(3, PackedNumbers.pack(records.rays))
                $0.bytes(4, PackedNumbers.pack(records.layers))
                $0.uint64(5, UInt64(records.first))
            }
        case .rendered(let id, let nonFinite):
            writer.message(6) {
                $0.uint32(1, id)
                $0.uint64(5, nonFinite)
            }
        case .recomputed(let id, let values):
            writer.message(7) {
                $0.uint32(1, id)
                $0.bytes(2, PackedNumbers.pack(values.flatMap { [$0.sums.x, $0.sums.y, $0.sums.z] }))
                $0.bytes(3, PackedNumbers.pack(values.map(\.rays)))
            }
        case .markedBlock(let id, let bytes):
            writer.message(10) {
                $0.uint32(1, id)
                $0.alwaysBytes(2, bytes)
            }
        case .markedPart(let id, let part):
            writer.message(11) {
                $0.uint32(1, id)
                $0.alwaysBytes(2, part.encoded)
            }
        case .marked(let id, let root):
            writer.message(12) {
                $0.uint32(1, id)
                if let root { $0.alwaysBytes(2, root.bytes) }
            }
        case .sceneFailed(let scene, let reason):
            writer.message(8) {
                $0.uint32(1, scene)
                $0.string(3, EngineResponse.clip(reason))
            }
        case .failed(let id, let cancelled, let reason):
            writer.message(9) {
                $0.uint32(1, id)
                $0.string(3, EngineResponse.clip(reason))
                $0.uint64(5, cancelled ? 1 : 0)
            }
        }
        return writer.bytes
    }

    /// Reasons are for people: a thousand characters are enough.
    private static func clip(_ text: String) -> String { text.count <= 1000 ? text : String(text.prefix(1000)) }

    public init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(bytes)
        guard let field = try reader.next() else { throw .malformedField }
        if field.number == 1 {
            self = .hello(try EngineHello(encoded: try field.bytes()))
            return
        }
        let body = try EngineAnswerBody(try field.bytes())
        switch field.number {
        case 2: self = .sceneLoaded(scene: body.id)
        case 3: self = .prepared(id: body.id, triangles: body.number, memory: body.more)
        case 4: self = .progress(id: body.id, permille: UInt32(clamping: body.number), rays: body.more)
        case 5:
            guard let first = Int(exactly: body.number) else { throw .outOfBounds }
            self = .records(
                id: body.id,
                EngineRecords(
                    first: first, rays: try PackedNumbers.shorts(body.third), sums: try PackedNumbers.floats(body.second),
                    layers: try PackedNumbers.floats(body.fourth)))
        case 6: self = .rendered(id: body.id, nonFinite: body.number)
        case 7:
            let (sums, rays) = (try PackedNumbers.floats(body.second), try PackedNumbers.shorts(body.third))
            guard sums.count == 3 * rays.count else { throw .outOfBounds }
            let values = rays.indices.map { k in
                RecordValue(sums: SIMD3(sums[3 * k], sums[3 * k + 1], sums[3 * k + 2]), rays: rays[k])
            }
            self = .recomputed(id: body.id, values: values)
        case 8: self = .sceneFailed(scene: body.id, reason: try body.text())
        case 9: self = .failed(id: body.id, cancelled: body.number != 0, reason: try body.text())
        case 10: self = .markedBlock(id: body.id, bytes: Array(body.second))
        case 11: self = .markedPart(id: body.id, try MarkSecret(encoded: Array(body.second), windowsMax: MarkSecret.poolMax))
        case 12: self = .marked(id: body.id, root: body.second.isEmpty ? nil : try CID(bytes: body.second))
        default: throw .malformedField
        }
    }
}

extension EngineHello {
    fileprivate init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded)
        self.init(version: 0, profile: .zero, device: "", details: "")
        while let field = try reader.next() {
            switch field.number {
            case 1: version = try field.uint32()
            case 2: profile = try field.bytes32()
            case 3: device = try field.string()
            case 4: details = try field.string()
            case 5: sandbox = try field.string()
            default: throw .malformedField
            }
        }
    }
}

/// The fields of an answer's body.
private struct EngineAnswerBody {
    var id: UInt32 = 0
    var second: ArraySlice<UInt8> = []
    var third: ArraySlice<UInt8> = []
    var fourth: ArraySlice<UInt8> = []
    var number: UInt64 = 0
    var more: UInt64 = 0

    init(_ encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try field.uint32()
            case 2: second = try field.bytes()
            case 3: third = try field.bytes()
            case 4: fourth = try field.bytes()
            case 5: number = try field.uint64()
            case 6: more = try field.uint64()
            default: throw .malformedField
            }
        }
    }

    func text() throws(WireError) -> String {
        guard let text = String(validating: third, as: UTF8.self) else { throw .malformedText }
        return text
    }
}
