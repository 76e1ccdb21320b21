// fuzz: Node
// longest: 4096
// covers: Sources/Roles/Messages/ManagerEntry.swift Sources/Roles/Messages/RegistryCall.swift Sources/Roles/Messages/Frame.swift
// plays: Sources/Node/Registry/ManagerRegistry.swift
// The registry of Managers under hostile batches, requests and answers in any order: its invariants hold, nobody's line is forged, and
// what is read is written as it was.
import Crypto
import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Roles
import Wire

@testable import Node

enum RegistryFuzz: FuzzTarget {
    private static let network = NetworkID(Hash.sha256([3]))
    private static let signers = (0..<12).map { Signing.simulated(identity: Hash.sha256([UInt8($0)]), secret: Hash.sha256([99])) }
    /// Only false lines name it.
    private static let falsePort: UInt16 = 666

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let options = script.byte()
        var parameters = ManagerRegistry.Parameters()
        (parameters.linesMax, parameters.linesPerGroupMax, parameters.sampleCount) = (6, 3, 2)
        (parameters.renewal, parameters.lifetime, parameters.memory) = (.seconds(40), .seconds(100), .seconds(200))
        parameters.comparisonInterval = .seconds(50)
        var play = Play(
            machine: ManagerRegistry(
                signing: signers[0], network: network, isManager: options & 1 == 0, firstSequenceNumber: 5,
                diversity: options & 2 == 0 ? nil : .init(exemptPrivate: false), parameters: parameters, generator: Generator(seed: 1)))
        for _ in 0..<100 where !script.isAtEnd {
            play.step(&script)
            play.check()
        }
    }

    private struct Play {
        var machine: ManagerRegistry
        var now = Instant(nanoseconds: 1)
        var effects: [ManagerRegistry.Effect] = []
        var open: [UInt64] = []

        func check() {
            precondition(machine.violations.isEmpty, "\(machine.violations)")
            let isForged = machine.managers.contains { $0.addresses.contains { $0.tcpTarget?.port == falsePort } }
            precondition(!isForged, "a line that its Manager never signed")
        }

        mutating func step(_ script: inout Script) {
            let peer = PeerID(ed25519: signers[script.choice(signers.count)].publicKey)
            switch script.choice(10) {
            case 0, 1: gossip(Frame(kind: UInt32(1 + script.byte() / 250), records: records(&script)).encoded)
            case 2: gossip(frame(&script))
            case 3: for record in records(&script).prefix(1) { give(.request(InboundID(1), from: peer, .announce(record))) }
            case 4:
                let payload = [UInt8](repeating: script.byte(), count: [0, 32, 32 + 2048, 33][script.choice(4)])
                request(from: peer, Frame(kind: 4, records: [], payload: payload).encoded)
            case 5: request(from: peer, frame(&script))
            case 6:
                guard let id = open.popLast() else { return }
                switch script.choice(4) {
                case 0: give(.response(id, nil))
                case 1: give(.response(id, Array(script.bytes())))
                case 2: give(.response(id, RecordReply.acknowledged.encoded))
                default: give(.response(id, RecordReply.records(records(&script)).encoded))
                }
            case 7: give(script.byte() & 1 == 0 ? .addresses([.tcp4(script.double(), port: 1)]) : .met(peer))
            case 8: entry(Array(script.bytes()))
            default:
                now = now + .seconds(Int64(script.byte()))
                if script.byte() == 255 { give(.withdraw) }
                while let deadline = machine.nextDeadline, deadline <= now {
                    var emitted: [ManagerRegistry.Effect] = []
                    machine.handleDeadline(now: now, emit: &emitted)
                    took(emitted)
                }
            }
        }

        /// True lines, and such as another signed.
        private func records(_ script: inout Script) -> [Identity.Record] {
            var records: [Identity.Record] = []
            let count = script.byte()
            for _ in 0..<min(count > 250 ? Frame.recordsMax : Int(count % 4), Frame.recordsMax) {
                let (author, how) = (script.choice(signers.count), script.byte())
                let isForged = how & 7 == 7
                let addresses = (0..<Int(how >> 4)).prefix(9).map {
                    Multiaddr.tcp4(UInt32(how) << 16 + UInt32($0), port: isForged ? falsePort : 1)
                }
                let entry = ManagerEntry(sequence: UInt64(script.byte()), addresses: addresses)
                var record = entry.signed(by: signers[author], network: network)
                if isForged { record.signature = entry.signed(by: signers[(author + 1) % signers.count], network: network).signature }
                records.append(record)
            }
            return records
        }

        /// Frames of any kind, with records and payloads by the book or nearly so; or bytes of the script's own.
        private func frame(_ script: inout Script) -> [UInt8] {
            switch script.byte() & 3 {
            case 0:
                let book = [2: records(&script).map(\.encoded) + [[1]], 3: [[UInt8](repeating: script.byte(), count: 32), [1]]]
                return Draft.message(&script, book)
            case 2:
                let (kind, records) = (UInt32(script.choice(6)), records(&script))
                return Frame(kind: kind, records: records, payload: script.bytes()).encoded
            default: return Array(script.bytes())
            }
        }

        private mutating func gossip(_ bytes: [UInt8]) {
            if let frame = try? Frame(encoded: bytes) {
                precondition((try? Frame(encoded: frame.encoded)) == frame, "a frame changed on its way out and in")
            }
            var emitted: [ManagerRegistry.Effect] = []
            _ = machine.gossip(bytes[...], now: now, emit: &emitted)
            took(emitted)
        }

        private mutating func request(from peer: PeerID, _ bytes: [UInt8]) {
            if let beacon = try? BeaconCall(encoded: bytes) {
                precondition((try? BeaconCall(encoded: beacon.encoded))?.frame == beacon.frame, "a beacon changed on its way out and in")
            }
            guard let call = try? RegistryCall(encoded: bytes) else { return }
            let again = try? RegistryCall(encoded: call.encoded)
            precondition(again?.frame == call.frame, "a call changed on its way out and in")
            give(.request(InboundID(1), from: peer, call))
        }

        private func entry(_ bytes: [UInt8]) {
            guard let entry = try? ManagerEntry(body: bytes) else { return }
            precondition(
                entry.addresses.count <= ManagerEntry.addressesMax && entry.body == bytes, "an entry changed on its way in and out")
        }

        private mutating func give(_ input: ManagerRegistry.Input) {
            var emitted: [ManagerRegistry.Effect] = []
            machine.handle(input, now: now, emit: &emitted)
            took(emitted)
        }

        private mutating func took(_ emitted: [ManagerRegistry.Effect]) {
            for case .request(let id, _, _) in emitted { open.append(id) }
            for case .publish(let bytes) in emitted { precondition((try? Frame(encoded: bytes)) != nil, "a batch nobody reads") }
            if open.count > 16 { open.removeFirst(open.count - 16) }
        }
    }
}
