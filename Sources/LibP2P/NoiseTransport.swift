internal import Crypto

/// Encrypted frames after the handshake (libp2p/specs, noise): two bytes of length, then ciphertext and tag.
struct NoiseTransport {
    /// Largest plaintext of a frame: 65,535 less the tag.
    static let plaintextMax = 65535 - ChaChaPolyKey.tagSize
    /// Largest frame with its length.
    static let frameMax = 2 + 65535

    private let sendKey: ChaChaPolyKey
    private let receiveKey: ChaChaPolyKey
    private var sendNonce: UInt64 = 0
    private var receiveNonce: UInt64 = 0
    /// A frame that has not arrived whole: at most `frameMax` bytes.
    private var partial: [UInt8] = []

    init(sendKey: ChaChaPolyKey, receiveKey: ChaChaPolyKey) {
        self.sendKey = sendKey
        self.receiveKey = receiveKey
    }

    var hasPartialFrame: Bool { !partial.isEmpty }

    /// Encrypts all of `plaintext`, in as few frames as possible, into one array.
    mutating func seal(_ plaintext: UnsafeRawBufferPointer) throws(NoiseFailure) -> [UInt8] {
        let frames = (plaintext.count + NoiseTransport.plaintextMax - 1) / NoiseTransport.plaintextMax
        guard sendNonce < .max - UInt64(frames) else { throw .exhausted }
        let key = sendKey
        let first = sendNonce
        sendNonce += UInt64(frames)
        return [UInt8](unsafeUninitializedCapacity: plaintext.count + frames * (2 + ChaChaPolyKey.tagSize)) { buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            var read = 0
            for frame in 0..<frames {
                let size = min(NoiseTransport.plaintextMax, plaintext.count - read)
                let sealed = size + ChaChaPolyKey.tagSize
                output[count] = UInt8(sealed >> 8)
                output[count + 1] = UInt8(sealed & 0xff)
                key.seal(
                    UnsafeRawBufferPointer(rebasing: plaintext[read..<read + size]), nonce: first + UInt64(frame),
                    into: UnsafeMutableRawBufferPointer(rebasing: output[(count + 2)..<(count + 2 + sealed)]))
                read += size
                count += 2 + sealed
            }
        }
    }

    /// Decrypts the next frame into `buffer` (at least `plaintextMax` bytes) and returns the size of its plaintext, which may
    /// be 0; nil where the frame has not arrived whole.
    mutating func open(_ cursor: inout ByteCursor, into buffer: UnsafeMutableRawBufferPointer) throws(NoiseFailure) -> Int? {
        if partial.isEmpty, let frame = try wholeFrame(&cursor) {
            return try open(frame, into: buffer)
        }
        guard cursor.remaining > 0 || !partial.isEmpty else { return nil }
        partial.append(contentsOf: cursor.take(2 - partial.count))
        guard partial.count >= 2 else { return nil }
        let size = 2 + (Int(partial[0]) << 8 | Int(partial[1]))
        guard size >= 2 + ChaChaPolyKey.tagSize else { throw .malformed }
        partial.reserveCapacity(size)
        partial.append(contentsOf: cursor.take(size - partial.count))
        guard partial.count == size else { return nil }
        // Taken out, so that reading it and changing `self` do not overlap; put back for its capacity.
        var frame: [UInt8] = []
        swap(&frame, &partial)
        defer {
            frame.removeAll(keepingCapacity: true)
            swap(&frame, &partial)
        }
        let key = receiveKey
        let nonce = try nextReceiveNonce()
        let valid = frame.withUnsafeBytes { key.open(UnsafeRawBufferPointer(rebasing: $0[2...]), nonce: nonce, into: buffer) }
        guard valid else { throw .decryption }
        return size - 2 - ChaChaPolyKey.tagSize
    }

    private func wholeFrame(_ cursor: inout ByteCursor) throws(NoiseFailure) -> UnsafeRawBufferPointer? {
        var peek = cursor
        guard let high = peek.takeByte(), let low = peek.takeByte() else { return nil }
        let size = Int(high) << 8 | Int(low)
        guard size >= ChaChaPolyKey.tagSize else { throw .malformed }
        guard peek.remaining >= size else { return nil }
        defer { cursor = peek }
        return peek.take(size)
    }

    private mutating func open(
        _ frame: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
    ) throws(NoiseFailure) -> Int {
        guard receiveKey.open(frame, nonce: try nextReceiveNonce(), into: buffer) else { throw .decryption }
        return frame.count - ChaChaPolyKey.tagSize
    }

    private mutating func nextReceiveNonce() throws(NoiseFailure) -> UInt64 {
        guard receiveNonce < .max - 1 else { throw .exhausted }
        defer { receiveNonce += 1 }
        return receiveNonce
    }
}
