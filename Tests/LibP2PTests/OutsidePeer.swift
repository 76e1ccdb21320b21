import Crypto
import Determinism
import Identity
import Wire

@testable import LibP2P

/// A peer that the test plays frame by frame: it can say what no `Swarm` would.
struct OutsidePeer {
    let endpoint: SwarmHarness.Endpoint
    private var upgrade: ConnectionUpgrade
    private var transport: NoiseTransport?
    private var read = 0
    private(set) var peer: PeerID?
    /// Decrypted frames of the session, as they came.
    private(set) var plaintext: [UInt8] = []

    /// Connects to swarm `index` and completes the handshake.
    init?(
        _ harness: inout SwarmHarness, to index: Int, identity: Int = 900, remote: Multiaddr = .tcp4(0x7f00_0001, port: 9),
        earlyMuxer: Bool = true
    ) {
        let signing = Signing.ed25519(SwarmHarness.keyPair(identity))
        let noise = NoiseIdentity(
            signing: signing, staticSecret: Hash.sha256([1, 2]), muxers: earlyMuxer ? [ConnectionUpgrade.muxerName] : [])
        endpoint = harness.connectOutside(to: index, remote: remote)
        upgrade = ConnectionUpgrade(isInitiator: true, identity: noise, ephemeralSecret: Hash.sha256([3]), signing: signing)
        var output: [UInt8] = []
        upgrade.start(output: &output)
        harness.inject(output, from: endpoint)
        for _ in 0..<200 where transport == nil {
            harness.run(for: .milliseconds(2))
            pump(&harness)
        }
        guard transport != nil else { return nil }
    }

    /// Takes in what the swarm has written.
    mutating func pump(_ harness: inout SwarmHarness) {
        let all = harness.collected[endpoint] ?? []
        let fresh = Array(all[read...])
        read = all.count
        var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)
        var output: [UInt8] = []
        fresh.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            scratch.withUnsafeMutableBytes { scratch in
                if transport == nil, let outcome = try? upgrade.receive(&cursor, scratch: scratch, output: &output) {
                    transport = outcome.transport
                    peer = outcome.peer
                    plaintext += outcome.leftover
                }
                while let size = try? transport?.open(&cursor, into: scratch) { plaintext += scratch[..<size] }
            }
        }
        if !output.isEmpty { harness.inject(output, from: endpoint) }
    }

    /// Sends bytes inside the encryption.
    mutating func send(_ plaintext: [UInt8], _ harness: inout SwarmHarness) {
        let sealed = try? plaintext.withBytes { bytes throws(NoiseFailure) in try transport?.seal(bytes) }
        harness.inject((sealed ?? nil) ?? [], from: endpoint)
    }

    static func frame(_ kind: YamuxHeader.Kind, _ flags: YamuxHeader.Flags, _ stream: UInt32, _ body: [UInt8] = [], length: Int? = nil)
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        YamuxHeader(kind: kind, flags: flags, stream: stream, length: UInt32(length ?? body.count)).append(to: &bytes)
        return bytes + body
    }

    /// Opens a stream with header and proposal, and says `first`.
    static func opening(_ stream: UInt32, _ identifier: String, _ first: [UInt8] = []) -> [UInt8] {
        var lines: [UInt8] = []
        Multistream.append(Multistream.header, to: &lines)
        Multistream.append(Array(identifier.utf8), to: &lines)
        return frame(.windowUpdate, .syn, stream) + frame(.data, [], stream, lines + first)
    }

    /// The frames that came, header and body.
    var frames: [(header: YamuxHeader, body: [UInt8])] {
        var frames: [(YamuxHeader, [UInt8])] = []
        var rest = plaintext[...]
        while rest.count >= YamuxHeader.size {
            guard let header = try? Array(rest.prefix(YamuxHeader.size)).withUnsafeBytes({ try YamuxHeader($0) }) else { break }
            rest = rest.dropFirst(YamuxHeader.size)
            let count = header.kind == .data ? Int(header.length) : 0
            guard rest.count >= count else { break }
            frames.append((header, Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return frames
    }

    /// All data that came on a stream.
    func data(_ stream: UInt32) -> [UInt8] { frames.filter { $0.header.stream == stream }.flatMap(\.body) }
    func wasReset(_ stream: UInt32) -> Bool { frames.contains { $0.header.stream == stream && $0.header.flags.contains(.rst) } }
}
