// fuzz: LibP2P
// longest: 4096
// covers: Sources/LibP2P/NoiseHandshake.swift Sources/LibP2P/NoiseTransport.swift Sources/LibP2P/NoisePayload.swift Sources/LibP2P/ConnectionUpgrade.swift
// The upgrade of a connection over a hostile wire: changed, cut, repeated and invented messages end it, and never anything else.
import Crypto
import Identity
import Wire

@testable import LibP2P

enum NoiseFuzz: FuzzTarget {
    private static let signing = Signing.simulated(identity: Hash.sha256([1]), secret: Hash.sha256([2]))
    private static let early = NoiseIdentity(signing: signing, staticSecret: Hash.sha256([3]), muxers: [ConnectionUpgrade.muxerName])
    private static let late = NoiseIdentity(signing: signing, staticSecret: Hash.sha256([4]), muxers: [])

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        switch script.choice(4) {
        case 0: decode(script.takeRest())
        case 1: shakeHands(&script)
        case 2: present(&script)
        default: exchange(&script)
        }
    }

    private static func decode(_ bytes: [UInt8]) {
        guard let payload = try? NoisePayload(bytes) else { return }
        precondition(payload.muxers.count <= NoisePayload.muxersMax, "more multiplexers than allowed")
        precondition((try? NoisePayload(payload.bytes))?.signature == payload.signature, "a payload changed on its way out and in")
        _ = try? payload.peer(staticKey: early.staticPublic, signing: signing)
    }

    private static func upgrade(_ isInitiator: Bool, _ isEarly: Bool) -> ConnectionUpgrade {
        ConnectionUpgrade(
            isInitiator: isInitiator, identity: isEarly ? early : late, ephemeralSecret: Hash.sha256([5, isInitiator ? 1 : 0]),
            signing: signing)
    }

    /// One side of a connection.
    private struct Side {
        var upgrade: ConnectionUpgrade
        var outcome: ConnectionUpgrade.Outcome?
        var isBroken = false

        mutating func receive(_ bytes: [UInt8], _ output: inout [UInt8]) {
            guard outcome == nil, !isBroken, !bytes.isEmpty else { return }
            var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)
            bytes.withUnsafeBytes { bytes in
                scratch.withUnsafeMutableBytes { scratch in
                    var cursor = ByteCursor(bytes)
                    do throws(ConnectionUpgrade.Failure) {
                        outcome = try upgrade.receive(&cursor, scratch: scratch, output: &output)
                    } catch {
                        isBroken = true
                    }
                }
            }
        }
    }

    /// Two upgrades; the script says what happens to each piece on its way.
    private static func shakeHands(_ script: inout Script) {
        let options = script.byte()
        var sides = [
            Side(upgrade: upgrade(true, options & 1 == 0)), Side(upgrade: upgrade(false, options & 2 == 0)),
        ]
        var wires: [[UInt8]] = [[], []]
        var isChanged = false
        sides[0].upgrade.start(output: &wires[1])
        for turn in 0..<64 {
            let to = turn % 2 == 0 ? 1 : 0
            guard !wires[0].isEmpty || !wires[1].isEmpty else { break }
            var piece = wires[to]
            wires[to] = []
            switch script.choice(8) {
            case 1 where !piece.isEmpty:
                let kept = script.word() % piece.count
                wires[to] = Array(piece[kept...])
                piece = Array(piece[..<kept])
            case 2 where !piece.isEmpty:
                piece[script.word() % piece.count] ^= max(1, script.byte())
                isChanged = true
            case 3:
                piece = script.bytes() + piece
                isChanged = true
            case 4:
                piece += piece
                isChanged = true
            default: break
            }
            sides[to].receive(piece, &wires[1 - to])
        }
        for side in sides {
            guard let outcome = side.outcome else { continue }
            precondition(outcome.peer == PeerID(ed25519: signing.publicKey), "an upgrade with somebody else")
        }
        if !isChanged { precondition(!sides.contains { $0.isBroken }, "an upgrade broke by itself") }
    }

    /// A handshake by the book whose payload and what follows it are the script's.
    private static func present(_ script: inout Script) {
        let isInitiator = script.byte() & 1 == 0
        let payload = script.bytes()
        let behind = script.takeRest()
        let other = isInitiator ? early : late
        var handshake = NoiseHandshake(
            isInitiator: isInitiator, staticSecret: other.staticSecret, staticPublic: other.staticPublic,
            ephemeralSecret: Hash.sha256([6]))
        var side = Side(upgrade: upgrade(!isInitiator, true))
        var output: [UInt8] = []
        side.upgrade.start(output: &output)
        var lines: [UInt8] = []
        Multistream.append(Multistream.header, to: &lines)
        Multistream.append(ConnectionUpgrade.security, to: &lines)
        side.receive(lines, &output)
        output.removeFirst(min(lines.count, output.count))
        while let message = step(&handshake, payload, &output) { side.receive(message, &output) }
        guard handshake.isComplete else { return }
        var transport = NoiseTransport(sendKey: handshake.split().send, receiveKey: handshake.split().receive)
        let sealed = try? behind.withBytes { bytes throws(NoiseFailure) in try transport.seal(bytes) }
        side.receive(sealed ?? [], &output)
        if let outcome = side.outcome {
            precondition(outcome.peer.ed25519Key != nil, "a peer without a key")
            precondition(outcome.leftover.count <= behind.count, "more is left than was sent")
        }
    }

    /// The next message of the other side, framed, reading what is there first. Nil where it has none, or nothing fits any more.
    private static func step(_ handshake: inout NoiseHandshake, _ payload: [UInt8], _ input: inout [UInt8]) -> [UInt8]? {
        if !handshake.isComplete, !handshake.isOurTurn {
            guard input.count >= 2, input.count >= 2 + Int(input[0]) << 8 | Int(input[1]) else { return nil }
            let size = Int(input[0]) << 8 | Int(input[1])
            guard input.count >= 2 + size, (try? handshake.read(Array(input[2..<(2 + size)]))) != nil else { return nil }
            input.removeFirst(2 + size)
        }
        guard handshake.isOurTurn, let message = try? handshake.write(payload: handshake.messages == 0 ? [] : payload) else { return nil }
        return [UInt8(message.count >> 8 & 0xff), UInt8(message.count & 0xff)] + message
    }

    /// Frames between two ends with the same keys: what isn't touched arrives, what is touched is refused.
    private static func exchange(_ script: inout Script) {
        let keys = (ChaChaPolyKey(Hash.sha256([7])), ChaChaPolyKey(Hash.sha256([8])))
        var sender = NoiseTransport(sendKey: keys.0, receiveKey: keys.1)
        var receiver = NoiseTransport(sendKey: keys.1, receiveKey: keys.0)
        var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)
        var sent: [UInt8] = []
        var received: [UInt8] = []
        var isChanged = false
        for _ in 0..<32 where !script.isAtEnd {
            let how = script.byte()
            // Now and then more than a frame holds.
            let plaintext = [UInt8](repeating: how, count: how < 0xff ? script.choice(128) : 65_500 + script.choice(64))
            guard var frames = try? plaintext.withBytes({ bytes throws(NoiseFailure) in try sender.seal(bytes) }) else { break }
            sent += plaintext
            if how & 7 == 1, !frames.isEmpty {
                frames[script.word() % frames.count] ^= max(1, script.byte())
                isChanged = true
            }
            if how & 7 == 2 {
                frames = script.bytes() + frames
                isChanged = true
            }
            let cut = how & 7 == 3 && !frames.isEmpty ? script.word() % frames.count : frames.count
            for piece in [frames[..<cut], frames[cut...]] {
                let isWhole = Array(piece).withUnsafeBytes { bytes in
                    var cursor = ByteCursor(bytes)
                    return scratch.withUnsafeMutableBytes { scratch in
                        do throws(NoiseFailure) {
                            while let size = try receiver.open(&cursor, into: scratch) { received += scratch[..<size] }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                guard isWhole else {
                    precondition(isChanged, "an untouched frame was refused")
                    return precondition(sent.starts(with: received), "another plaintext than was sent")
                }
            }
        }
        precondition(sent.starts(with: received), "another plaintext than was sent")
        if !isChanged { precondition(sent == received && !receiver.hasPartialFrame, "a frame is missing") }
    }
}
