internal import Crypto
internal import Identity
internal import Wire

/// From a byte transport to an authenticated, multiplexed connection (libp2p/specs, connections): multistream chooses Noise,
/// the handshake proves both identities and settles the multiplexer, with multistream inside Noise where it does not.
struct ConnectionUpgrade {
    static let security = Array("/noise".utf8)
    static let muxerName = "/yamux/1.0.0"
    static let muxer = Array(muxerName.utf8)
    /// Longest handshake message that is read: keys, tags and a payload with an RSA key.
    static let handshakeMax = 4096

    enum Failure: Error, Equatable {
        case negotiation(Multistream.Failure)
        case noise(NoiseFailure)
        case payload(WireError)
        /// A handshake message beyond `handshakeMax`.
        case oversized
    }

    struct Outcome {
        var peer: PeerID
        var transport: NoiseTransport
        /// Plaintext behind the negotiation, which belongs to the multiplexer.
        var leftover: [UInt8]
    }

    private enum Stage {
        case security
        case handshake
        case muxer
    }

    private let isInitiator: Bool
    private let identity: NoiseIdentity
    private let signing: Signing
    private var stage: Stage = .security
    private var dialer: MultistreamDialer
    private var listener = MultistreamListener()
    private var handshake: NoiseHandshake
    private var frame: [UInt8] = []
    private var peer: PeerID?
    private var transport: NoiseTransport?

    init(isInitiator: Bool, identity: NoiseIdentity, ephemeralSecret: Bytes32, signing: Signing) {
        self.isInitiator = isInitiator
        self.identity = identity
        self.signing = signing
        dialer = MultistreamDialer([ConnectionUpgrade.security])
        handshake = NoiseHandshake(
            isInitiator: isInitiator, staticSecret: identity.staticSecret, staticPublic: identity.staticPublic,
            ephemeralSecret: ephemeralSecret)
    }

    /// What the initiator says first; nothing for the responder.
    func start(output: inout [UInt8]) {
        if isInitiator { dialer.start(&output) }
    }

    /// Works through the bytes; answers are appended to `output`. Returns the outcome once, leaving in the cursor what is
    /// behind the upgrade: encrypted frames.
    mutating func receive(
        _ cursor: inout ByteCursor, scratch: UnsafeMutableRawBufferPointer, output: inout [UInt8]
    ) throws(Failure) -> Outcome? {
        while true {
            switch stage {
            case .security:
                guard try negotiate(ConnectionUpgrade.security, &cursor, &output) else { return nil }
                stage = .handshake
                if isInitiator { try writeHandshake([], &output) }
            case .handshake:
                guard try readFrame(&cursor) else { return nil }
                if let outcome = try advanceHandshake(&output) { return outcome }
            case .muxer:
                guard let size = try open(&cursor, scratch) else { return nil }
                var plaintext = ByteCursor(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<size]))
                var reply: [UInt8] = []
                let done = try negotiate(ConnectionUpgrade.muxer, &plaintext, &reply)
                try seal(reply, &output)
                if done { return try finish(leftover: Array(plaintext.takeRest())) }
            }
        }
    }

    /// Runs multistream for the only proposal that there is; true once it is agreed.
    private mutating func negotiate(
        _ proposal: [UInt8], _ cursor: inout ByteCursor, _ reply: inout [UInt8]
    ) throws(Failure) -> Bool {
        do throws(Multistream.Failure) {
            if isInitiator { return try dialer.receive(&cursor, reply: &reply) != nil }
            return try listener.receive(&cursor, reply: &reply) { $0 == proposal ? true : nil } != nil
        } catch {
            throw .negotiation(error)
        }
    }

    private mutating func readFrame(_ cursor: inout ByteCursor) throws(Failure) -> Bool {
        frame.append(contentsOf: cursor.take(2 - frame.count))
        guard frame.count >= 2 else { return false }
        let size = 2 + (Int(frame[0]) << 8 | Int(frame[1]))
        guard size <= 2 + ConnectionUpgrade.handshakeMax else { throw .oversized }
        frame.append(contentsOf: cursor.take(size - frame.count))
        return frame.count == size
    }

    private mutating func advanceHandshake(_ output: inout [UInt8]) throws(Failure) -> Outcome? {
        let message = Array(frame[2...])
        frame = []
        let payload = try noise { state throws(NoiseFailure) in try state.handshake.read(message) }
        // The responder has read the first message, which carries no payload of worth.
        if handshake.messages == 1 {
            try writeHandshake(identity.payload, &output)
            return nil
        }
        let earlyMuxer = try identify(payload)
        if isInitiator { try writeHandshake(identity.payload, &output) }
        let keys = handshake.split()
        transport = NoiseTransport(sendKey: keys.send, receiveKey: keys.receive)
        if earlyMuxer { return try finish(leftover: []) }
        stage = .muxer
        listener = MultistreamListener()
        dialer = MultistreamDialer([ConnectionUpgrade.muxer])
        if isInitiator {
            var opening: [UInt8] = []
            dialer.start(&opening)
            try seal(opening, &output)
        }
        return nil
    }

    /// Checks who the other side is; true where both speak our multiplexer and need no negotiation for it.
    private mutating func identify(_ bytes: [UInt8]) throws(Failure) -> Bool {
        let payload: NoisePayload
        do { payload = try NoisePayload(bytes) } catch { throw .payload(error) }
        guard let staticKey = handshake.remoteStatic else { throw .noise(.malformed) }
        do { peer = try payload.peer(staticKey: staticKey, signing: signing) } catch { throw .noise(error) }
        return [payload.muxers, identity.muxers].allSatisfy { $0.contains(ConnectionUpgrade.muxerName) }
    }

    private mutating func finish(leftover: [UInt8]) throws(Failure) -> Outcome {
        guard let peer, let transport else { throw .noise(.malformed) }
        return Outcome(peer: peer, transport: transport, leftover: leftover)
    }

    private mutating func writeHandshake(_ payload: [UInt8], _ output: inout [UInt8]) throws(Failure) {
        let message = try noise { state throws(NoiseFailure) in try state.handshake.write(payload: payload) }
        output.append(UInt8(message.count >> 8))
        output.append(UInt8(message.count & 0xff))
        output += message
    }

    private mutating func open(_ cursor: inout ByteCursor, _ scratch: UnsafeMutableRawBufferPointer) throws(Failure) -> Int? {
        do { return try transport?.open(&cursor, into: scratch) } catch { throw .noise(error) }
    }

    private mutating func seal(_ plaintext: [UInt8], _ output: inout [UInt8]) throws(Failure) {
        guard !plaintext.isEmpty else { return }
        do throws(NoiseFailure) {
            var frames: [UInt8] = []
            if var transport {
                frames = try plaintext.withBytes { bytes throws(NoiseFailure) in try transport.seal(bytes) }
                self.transport = transport
            }
            output += frames
        } catch {
            throw .noise(error)
        }
    }

    private mutating func noise<R>(_ body: (inout ConnectionUpgrade) throws(NoiseFailure) -> R) throws(Failure) -> R {
        do throws(NoiseFailure) { return try body(&self) } catch { throw .noise(error) }
    }
}
