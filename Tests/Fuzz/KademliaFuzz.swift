// fuzz: Kademlia
// longest: 4096
// covers: Sources/Kademlia/KademliaMessage.swift Sources/Kademlia/AddressList.swift
// plays: Sources/Kademlia/Kademlia.swift Sources/Kademlia/Kademlia+Check.swift Sources/Kademlia/Kademlia+Queries.swift Sources/Kademlia/Kademlia+Results.swift Sources/Kademlia/Kademlia+Server.swift Sources/Kademlia/Kademlia+Table.swift Sources/Kademlia/Lookup.swift Sources/Kademlia/DisjointSearch.swift
// The DHT under hostile requests and answers in any order: its invariants hold, and a message is written back as it was read.
import Crypto
import Determinism
import Identity
import LibP2P
import Wire

@testable import Kademlia

enum KademliaFuzz: FuzzTarget {
    private static let peers = (0..<12).map { PeerID(ed25519: Hash.sha256([UInt8($0)])) }

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let options = script.byte()
        var parameters = Kademlia.Parameters()
        (parameters.k, parameters.alpha, parameters.bucketSize, parameters.candidatesMax) = (4, 3, 2, 16)
        (parameters.beta, parameters.queriesMax, parameters.recordsMax, parameters.providedKeysMax) = (2, 4, 4, 4)
        parameters.diversity?.exemptPrivate = options & 2 != 0
        parameters.freshFor = .seconds(1)
        let rule = RecordValidator.Namespace(
            name: "fuzz", isValid: { !$0.isEmpty && $1.count < 64 }, isBetter: { $1.lexicographicallyPrecedes($0) })
        var play = Play(
            machine: Kademlia(
                localID: PeerID(ed25519: Hash.sha256([255])), mode: options & 1 == 0 ? .server : .client, parameters: parameters,
                validator: RecordValidator([rule]), requestNamespace: 7, generator: Generator(seed: 1)))
        for step in 0..<100 where !script.isAtEnd {
            play.step(&script)
            // Looking at everything costs more than a step.
            if step % 10 == 9 { play.check() }
        }
        play.check()
    }

    private struct Play {
        var machine: Kademlia
        var now = Instant(nanoseconds: 1)
        var effects: [Kademlia.Effect] = []
        var open: [RequestID] = []
        var inbound: UInt64 = 0

        func check() { precondition(machine.violations.isEmpty, "\(machine.violations)") }

        mutating func step(_ script: inout Script) {
            let operation = script.byte()
            let choice = script.byte()
            let peer = peers[Int(choice) % peers.count]
            if operation >= 0xf0 {
                let bytes = draft(&script)
                check(bytes)
                if operation & 1 == 0, let id = take(choice) { return give(.response(id, bytes)) }
                inbound += 1
                return give(.request(from: peer, InboundID(inbound), bytes))
            }
            switch operation % 8 {
            case 0:
                let bytes = script.bytes()
                check(bytes)
                inbound += 1
                give(.request(from: peer, InboundID(inbound), bytes))
            case 1:
                let bytes = script.bytes()
                check(bytes)
                if let id = take(choice) { give(.response(id, bytes)) }
            case 2: if let id = take(choice) { give(.requestFailed(id)) }
            case 3:
                let addresses = (try? KademliaMessage(decoding: script.bytes()))?.closerPeers.first?.addresses.multiaddrs
                let host = UInt32(choice) << 16 | 0x0100_0001
                give(.identified(peer, servesKademlia: choice < 240, addresses: addresses ?? [.tcp4(host, port: 4001)]))
            case 4: ask(choice, script.bytes())
            case 5:
                now = now + .milliseconds(script.word() * 4)
                machine.handleDeadline(now: now, emit: &effects)
                carryOut()
            case 6: give(choice & 1 == 0 ? .disconnected(peer) : .cancel(QueryID(UInt32(choice >> 5))))
            default:
                give(choice & 1 == 0 ? .mode(choice & 2 == 0 ? .server : .client) : .localAddresses([.tcp4(0x0102_0304, port: 1)]))
            }
        }

        /// Addresses that peers are told with, of all shapes, and some that nobody can use.
        private static let addresses: [[UInt8]] = [
            Multiaddr.tcp4(0x0102_0304, port: 4001).bytes, Multiaddr.tcp4(0x0a00_0001, port: 1).bytes,
            Multiaddr.tcp4(0x0102_0304, port: 4001).appending(peers[1]).bytes,
            Multiaddr.tcp4(0x0102_0304, port: 4001).appending(peers[2]).bytes,
            Multiaddr([.ip6(0x2001_0db8 << 32, 1), .tcp(1)])?.bytes ?? [], Multiaddr([.ip6(0, 1), .udp(1)])?.bytes ?? [],
            Multiaddr([.dns(code: 54, name: "a.example"), .tcp(1)])?.bytes ?? [],
            Multiaddr([.p2p(peers[1].bytes), .p2p(peers[1].bytes)])?.bytes ?? [],
        ]

        /// A message of the script's own making, with a record and peers of its own making.
        private func draft(_ script: inout Script) -> [UInt8] {
            let key = Array("/fuzz/key".utf8)
            let records = [Draft.message(&script, [1: [key, []], 2: [[7], [9]]])]
            let ids = [peers[1].bytes, peers[2].bytes, [0x12, 0x20] + Hash.sha256([1]).array]
            let book = [1: ids, 2: Play.addresses]
            let contacts = [Draft.message(&script, book), Draft.message(&script, book)]
            return Draft.message(&script, [2: [key, peers[3].bytes], 3: records, 8: contacts, 9: contacts])
        }

        private mutating func ask(_ choice: UInt8, _ key: [UInt8]) {
            let query: Query =
                switch choice % 7 {
                case 0: .findPeer(peers[Int(choice) % peers.count])
                case 1: .findClosest(key)
                case 2: .bootstrap
                case 3: .provide(key)
                case 4: .findProviders(key, countMax: 3)
                case 5: .putValue(Record(key: Array("/fuzz/".utf8) + key, value: [choice]))
                default: .getValue(Array("/fuzz/".utf8) + key, quorum: 2)
                }
            give(.start(QueryID(UInt32(choice >> 5)), query))
        }

        private mutating func take(_ choice: UInt8) -> RequestID? {
            open.isEmpty ? nil : open.remove(at: Int(choice) % open.count)
        }

        private mutating func give(_ input: Kademlia.Input) {
            machine.handle(input, now: now, emit: &effects)
            carryOut()
        }

        private mutating func carryOut() {
            for effect in effects {
                switch effect {
                case .request(let id, _, _, let bytes, _):
                    open.append(id)
                    precondition((try? KademliaMessage(decoding: bytes)) != nil, "a question that nobody can read")
                case .respond(_, let bytes):
                    precondition(bytes.count <= KademliaMessage.sizeMax, "an answer beyond the limit")
                    precondition((try? KademliaMessage(decoding: bytes)) != nil, "an answer that nobody can read")
                case .refuse, .progress, .finished, .penalise: break
                }
            }
            effects.removeAll(keepingCapacity: true)
            if open.count > 64 { open.removeFirst(open.count - 64) }
        }

        private func check(_ bytes: [UInt8]) {
            guard let message = try? KademliaMessage(decoding: bytes) else { return }
            precondition((try? KademliaMessage(decoding: message.encode())) == message, "a message changed on its way out and in")
            for contact in message.closerPeers {
                let again = AddressList(contact.addresses.multiaddrs)
                precondition(again.multiaddrs == contact.addresses.multiaddrs, "addresses changed on their way out and in")
                _ = again.ipGroup(exemptPrivate: true)
                precondition(contact.addresses.multiaddrs.count <= AddressList.countMax, "more addresses than allowed")
                var joined = AddressList([.tcp4(1, port: 1)])
                joined.append(contentsOf: contact.addresses)
                precondition(joined.multiaddrs.count <= AddressList.countMax && !joined.isEmpty, "addresses beyond the limit")
            }
        }
    }
}
