internal import Crypto
internal import Identity
public import RenderModel
public import Wire

/// A key that marks are derived from. Keys form a chain: job → Worker → task → stream, each BLAKE2b-256 under the one before, with a
/// label. Who knows a task's key learns nothing about another's.
public struct MarkKey: Hashable, Sendable {
    public let bytes: Bytes32

    public init(_ bytes: Bytes32) { self.bytes = bytes }

    /// Of all that one Worker renders for a job.
    public func worker(_ worker: Bytes32) -> MarkKey { derived("mark-worker") { $0.write(worker) } }

    /// Of one part of a frame.
    public func task(frame: UInt32, tile: Tile) -> MarkKey {
        derived("mark-task") { writer in
            for number in [frame, tile.x, tile.y, tile.width, tile.height] { writer.writeLittleEndian(number) }
        }
    }

    /// H("mark" ‖ key ‖ salt): what the offer states, so that the key cannot be chosen afterwards.
    public func commitment(salt: Bytes32) -> Bytes32 {
        Labelled.hash("mark") { writer in
            writer.write(bytes)
            writer.write(salt)
        }
    }

    /// Of the commitment to this key: it follows from the key, so that nobody has to keep it.
    public var salt: Bytes32 { derived("mark-salt").bytes }

    /// BLAKE2b-256 under this key of label ‖ fields.
    func derived(_ label: StaticString, _ fields: (inout ByteWriter) -> Void = { _ in }) -> MarkKey {
        var writer = ByteWriter(reserving: 96)
        writer.writeLabel(label)
        fields(&writer)
        return MarkKey(Hash.blake2b(writer.bytes, key: bytes))
    }
}

/// Numbers that a key gives, without end: BLAKE2b under the key of a counter.
struct MarkStream {
    private let key: MarkKey
    private var counter: UInt64 = 0
    private var words: [UInt64] = []

    init(_ key: MarkKey, _ label: StaticString) { self.key = key.derived(label) }

    mutating func next() -> UInt64 {
        if let word = words.popLast() { return word }
        let block = key.derived("mark-block") { $0.writeLittleEndian(counter) }.bytes.words
        counter += 1
        words = [block.3, block.2, block.1]
        return block.0
    }

    /// Uniform in 0 ..< bound; `bound` is positive. The bias of 2⁻⁵³ is of no account here: nobody gains by it.
    mutating func next(below bound: Int) -> Int { min(Int(unit() * Double(bound)), bound - 1) }

    /// Uniform in 0 ..< 1, with 53 bits.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Nearly normal: the sum of twelve uniform numbers, so within six deviations of the mean.
    mutating func normal(mean: Double, deviation: Double) -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return mean + deviation * sum
    }
}
