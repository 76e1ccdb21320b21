// fuzz: LibP2P
// longest: 4096
// plays: Sources/LibP2P/Stream.swift Sources/LibP2P/Connection+Streams.swift Sources/LibP2P/Connection+Flush.swift Sources/LibP2P/Connection+Bookkeeping.swift Sources/LibP2P/StreamTable.swift
// A whole node of the network under a peer that has proved its key and says what it likes inside the encryption: every table is empty
// when it has gone, and nothing is held beyond its limit.
import Crypto
import Determinism
import Identity
import Wire

@testable import LibP2P

enum SwarmFuzz: FuzzTarget {
    private static let secret = Hash.sha256([2])
    private static let transport = TransportID.accepted(1)

    /// A swarm with one connection behind its handshake, and the other end's keys: made once, copied for each run.
    private struct Start {
        var swarm: Swarm
        var noise: NoiseTransport
        var now: Instant
    }

    // Never changed, and read by one run at a time.
    nonisolated(unsafe) private static let start = connect()

    static func run(_ bytes: [UInt8]) {
        var play = Play(swarm: start.swarm, noise: start.noise, now: start.now)
        var script = Script(bytes)
        for _ in 0..<100 where !script.isAtEnd && play.isOpen { play.step(&script) }
        play.end()
    }

    private static func connect() -> Start {
        var parameters = SwarmParameters(networkPrefix: "ipfs")
        parameters.addresses = .development
        let now = Instant(nanoseconds: 1_000_000_000)
        var swarm = Swarm(
            parameters: parameters, signing: .simulated(identity: Hash.sha256([1]), secret: secret),
            entropy: .seeded(Generator(seed: 1)), seed: 1)
        let signing = Signing.simulated(identity: Hash.sha256([3]), secret: secret)
        let identity = NoiseIdentity(signing: signing, staticSecret: Hash.sha256([4]), muxers: [ConnectionUpgrade.muxerName])
        var upgrade = ConnectionUpgrade(isInitiator: true, identity: identity, ephemeralSecret: Hash.sha256([5]), signing: signing)
        var effects: [SwarmEffect] = []
        swarm.handle(.listening([.tcp4(0x7f00_0001, port: 1)]), now: now, emit: &effects)
        swarm.handle(.command(.serve([.kademlia, .gossip, .bitswap, .job, .perf, .echo])), now: now, emit: &effects)
        swarm.handle(.accepted(transport, remote: .tcp4(0x7f00_0001, port: 9)), now: now, emit: &effects)
        var output: [UInt8] = []
        upgrade.start(output: &output)
        var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)
        for _ in 0..<8 {
            effects = []
            swarm.handle(.received(transport, output[...]), now: now, emit: &effects)
            output = []
            let written = effects.flatMap { effect -> [UInt8] in if case .write(_, let bytes) = effect { bytes } else { [] } }
            swarm.handle(.drained(transport), now: now, emit: &effects)
            let outcome = written.withUnsafeBytes { bytes in
                scratch.withUnsafeMutableBytes { scratch in
                    var cursor = ByteCursor(bytes)
                    return try? upgrade.receive(&cursor, scratch: scratch, output: &output)
                }
            }
            if let outcome {
                effects = []
                swarm.handle(.received(transport, output[...]), now: now, emit: &effects)
                swarm.handle(.drained(transport), now: now, emit: &effects)
                return Start(swarm: swarm, noise: outcome.transport, now: now)
            }
        }
        preconditionFailure("the handshake never ended")
    }

    private struct Play {
        var swarm: Swarm
        var noise: NoiseTransport
        var now: Instant
        var isOpen = true
        var effects: [SwarmEffect] = []
        var inbound: [InboundID] = []
        var lastRequest: UInt64 = 0

        mutating func step(_ script: inout Script) {
            let operation = script.choice(10)
            let choice = script.byte()
            let stream = UInt32(choice & 15)
            switch operation {
            case 0: say(script.bytes())
            case 1: say(frame(.data, [], stream, script.bytes()))
            case 2: say(opening(stream, ProtocolName.allCases[Int(choice >> 4) % ProtocolName.allCases.count], script.bytes()))
            case 3:
                say(frame(.windowUpdate, YamuxHeader.Flags(rawValue: UInt16(choice >> 4)), stream, [], length: UInt32(script.word())))
            case 4: answer(stream, script.bytes())
            case 5:
                now = now + .milliseconds(script.word())
                swarm.handleDeadline(now: now, emit: &effects)
            case 6: give(.drained(transport))
            case 7:
                if !inbound.isEmpty {
                    let id = inbound.remove(at: Int(choice) % inbound.count)
                    give(.command(choice & 1 == 0 ? .respond(id, script.bytes()) : .refuse(id)))
                }
            default: command(choice, script.bytes())
            }
            carryOut()
            precondition(swarm.bufferedBytes >= 0 && swarm.bufferedBytes <= swarm.parameters.connectionMemoryMax, "memory")
            precondition(swarm.peerCount <= 1 && swarm.connectionCount <= 1, "more than there is")
        }

        private mutating func command(_ choice: UInt8, _ bytes: [UInt8]) {
            let handle = PeerHandle(index: 0)
            lastRequest += 1
            switch choice % 6 {
            case 0: give(.ping(handle))
            case 1: give(.perf(handle, upload: UInt64(choice), download: UInt64(choice), timeout: .seconds(5)))
            case 2: give(.command(.send(to: handle, .gossip, bytes, choice & 8 == 0 ? .control : .low)))
            case 3: give(.command(.send(to: handle, .bitswap, bytes, .normal)))
            case 4:
                let peer = PeerID(ed25519: Hash.sha256([3]))
                give(.command(.request(RequestID(lastRequest), to: peer, at: [], .kademlia, bytes, timeout: .seconds(3))))
            default: give(.listening([.tcp4(0x7f00_0001, port: UInt16(choice))]))
            }
        }

        /// What a stream of the swarm's own expects: the echo of header and proposal, then the message.
        private mutating func answer(_ stream: UInt32, _ message: [UInt8]) {
            var lines: [UInt8] = []
            Multistream.append(Multistream.header, to: &lines)
            let name = ProtocolName.allCases[Int(message.first ?? 0) % ProtocolName.allCases.count]
            Multistream.append(Array((name.identifiers(prefix: "ipfs").first ?? "").utf8), to: &lines)
            say(frame(.windowUpdate, .ack, stream) + frame(.data, [], stream, lines + message.dropFirst()))
        }

        private func opening(_ stream: UInt32, _ name: ProtocolName, _ first: [UInt8]) -> [UInt8] {
            var lines: [UInt8] = []
            Multistream.append(Multistream.header, to: &lines)
            Multistream.append(Array((name.identifiers(prefix: "ipfs").last ?? "").utf8), to: &lines)
            return frame(.windowUpdate, .syn, stream) + frame(.data, [], stream, lines + first)
        }

        private func frame(
            _ kind: YamuxHeader.Kind, _ flags: YamuxHeader.Flags, _ stream: UInt32, _ body: [UInt8] = [], length: UInt32? = nil
        ) -> [UInt8] {
            var bytes: [UInt8] = []
            YamuxHeader(kind: kind, flags: flags, stream: stream, length: length ?? UInt32(body.count)).append(to: &bytes)
            return bytes + body
        }

        private mutating func say(_ plaintext: [UInt8]) {
            guard let sealed = try? plaintext.withBytes({ bytes throws(NoiseFailure) in try noise.seal(bytes) }) else { return }
            give(.received(transport, sealed[...]))
        }

        private mutating func give(_ input: SwarmInput) { swarm.handle(input, now: now, emit: &effects) }

        private mutating func carryOut() {
            for effect in effects {
                switch effect {
                case .close(transport): isOpen = false
                case .event(.request(_, _, let id, _)): inbound.append(id)
                case .open, .write, .close, .pauseReading, .resumeReading, .event, .roundTrip, .transferred: break
                }
            }
            effects.removeAll(keepingCapacity: true)
        }

        mutating func end() {
            if isOpen { give(.closed(transport)) }
            precondition(swarm.connectionCount == 0 && swarm.peerCount == 0, "a connection that is gone is kept")
            precondition(swarm.bufferedBytes == 0 && swarm.inbound.isEmpty, "what a connection held is kept")
            precondition(swarm.requests.isEmpty, "a request without a connection")
        }
    }
}
