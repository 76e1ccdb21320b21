public import Identity
public import Wire

/// Keys of Philox4x32-10. Source: `docs/protocols/proof.md`, "Random numbers".
///
/// The key is bound to the offer, which the Manager signs before the Worker answers and makes once per attempt: neither can draw
/// again. It is bound to the Worker: a stolen result has the wrong noise.
public enum RNGKey {
    /// First 8 bytes, little-endian, of H("rng" ‖ job seed ‖ task ‖ frame ‖ Worker ‖ offer).
    public static func derive(jobSeed: UInt64, task: UInt32, frame: UInt32, worker: Bytes32, offer: RecordID) -> UInt64 {
        firstWord(
            Labelled.hash("rng") { writer in
                writer.writeLittleEndian(jobSeed)
                writer.writeLittleEndian(task)
                writer.writeLittleEndian(frame)
                writer.write(worker)
                writer.write(offer)
            })
    }

    /// Rendering without a network: H("rng" ‖ "local" ‖ seed).
    public static func local(seed: UInt64) -> UInt64 {
        firstWord(
            Labelled.hash("rng") { writer in
                writer.writeLabel("local")
                writer.writeLittleEndian(seed)
            })
    }

    private static func firstWord(_ digest: Bytes32) -> UInt64 { digest.words.0.byteSwapped }
}
