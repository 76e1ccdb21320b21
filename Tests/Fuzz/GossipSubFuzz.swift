// fuzz: GossipSub
// longest: 4096
// covers: Sources/GossipSub/RPC.swift Sources/GossipSub/GossipMessage.swift
// plays: Sources/GossipSub/GossipSub+Receive.swift Sources/GossipSub/GossipSub+Control.swift Sources/GossipSub/GossipSub+Exchange.swift Sources/GossipSub/GossipSub+Refusals.swift
// GossipSub under hostile RPCs and signed messages, with time passing: its invariants hold, and only what was signed is delivered.
import Crypto
import Determinism
import Identity
import LibP2P
import Wire

@testable import GossipSub

enum GossipSubFuzz: FuzzTarget {
    private static let secret = Hash.sha256([2])
    private static func signing(_ number: UInt8) -> Signing { .simulated(identity: Hash.sha256([number]), secret: secret) }
    private static let names = ["interop-1", "interop-2", "fuzz", "absent"]

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let options = script.byte()
        var parameters = GossipSub.Parameters()
        (parameters.seenPerWindowMax, parameters.topicsMax, parameters.topicsPerPeerMax) = (64, 8, 4)
        guard parameters.isValid else { preconditionFailure("the target's own parameters") }
        var play = Play(
            machine: GossipSub(
                signing: signing(0), parameters: parameters, firstSequenceNumber: 1, generator: Generator(seed: UInt64(options & 3))))
        play.begin(isApplication: options & 4 != 0)
        for step in 0..<100 where !script.isAtEnd {
            play.step(&script)
            // Looking at everything costs more than a step.
            if step % 10 == 9 { play.check() }
        }
        play.check()
    }

    private struct Play {
        var machine: GossipSub
        var now = Instant(nanoseconds: 1)
        var effects: [GossipSub.Effect] = []
        var topics: [TopicID] = []
        var delivered: [GossipSub.MessageHandle] = []
        /// What was sent last, to be sent again.
        var frames: [[UInt8]] = []

        mutating func begin(isApplication: Bool) {
            for name in names.dropLast() {
                guard let topic = machine.intern(name) else { preconditionFailure("no number for a topic") }
                topics.append(topic)
                give(.join(topic, isApplication ? .application : .automatic))
            }
            for index in 0..<8 { add(index, .tcp4(0x0101_0101 + UInt32(index) << 16, port: 1)) }
        }

        private mutating func add(_ index: Int, _ address: Multiaddr) {
            let id = PeerID(ed25519: GossipSubFuzz.signing(UInt8(index + 1)).publicKey)
            let record = PeerRecord(peer: id, sequence: 1, addresses: [address]).sealed(with: signing(UInt8(index + 1))).bytes
            let facts = GossipSub.PeerFacts(address: address, takesRefusals: index & 1 == 0, signedRecord: record)
            give(.peerAdded(PeerHandle(index: UInt32(index)), id, index & 2 == 0 ? .inbound : .outbound, facts))
        }

        func check() { precondition(machine.violations.isEmpty, "\(machine.violations)") }

        mutating func step(_ script: inout Script) {
            let operation = script.byte()
            let choice = script.byte()
            let peer = PeerHandle(index: UInt32(choice & 7))
            let name = Array(names[Int(choice >> 3) & 3].utf8)
            if operation >= 0xf0 { return give(.rpc(from: peer, draft(choice, name, &script))) }
            switch operation % 8 {
            case 0: give(.rpc(from: peer, script.bytes()))
            case 1:
                let number = UInt64(script.byte())
                let frame = GossipMessage.frame(
                    signing: signing(choice & 7 + 1), sequenceNumber: number, topic: name, data: script.bytes())
                give(.rpc(from: PeerHandle(index: UInt32(script.byte() & 7)), frame))
            case 2:
                let frame = control(choice, name, script.byte())
                give(.rpc(from: peer, frame))
            case 3:
                now = now + .milliseconds(script.word())
                machine.handleDeadline(now: now, emit: &effects)
                carryOut()
            case 4: give(.publish(topics[Int(choice) % topics.count], script.bytes()))
            case 5:
                let verdicts: [GossipSub.Verdict] = [.accept, .reject, .ignore]
                if !delivered.isEmpty {
                    give(.validated(delivered.remove(at: Int(choice) % delivered.count), verdicts[Int(choice >> 6) % 3]))
                }
            case 6:
                if choice & 0x40 == 0 { give(.peerRemoved(peer)) } else { add(Int(peer.index), .tcp4(0x0202_0202, port: 1)) }
            default:
                let topic = topics[Int(choice >> 3) % topics.count]
                if choice & 4 == 0 { give(choice & 2 == 0 ? .leave(topic) : .join(topic, .automatic)) }
                if choice & 4 != 0 { give(.judged(peer, Float(Int8(bitPattern: choice)))) }
            }
            if let again = frames.last, choice == 0xff { give(.rpc(from: PeerHandle(index: 1), again)) }
        }

        /// An RPC of the script's own making, with a message that is signed where its fields are those that were signed, in any order, and
        /// with control of its own making.
        private func draft(_ choice: UInt8, _ name: [UInt8], _ script: inout Script) -> [UInt8] {
            let author = signing(choice & 7 + 1)
            let frame = GossipMessage.frame(signing: author, sequenceNumber: 9, topic: name, data: [1, 2, 3])
            let key = [0x08, 0x01, 0x12, 0x20] + author.publicKey.array
            var book: [Int: [[UInt8]]] = [
                1: [PeerID(ed25519: signing(1).publicKey).bytes, [0x12, 0x20] + secret.array],
                3: [[9]], 5: [[UInt8](repeating: 0, count: 63)], 6: [key, key.dropLast() + [0], []],
            ]
            // By the book first.
            for (number, value) in fields(content(frame)) { book[number] = [value] + (book[number] ?? []) }
            let message = Draft.message(&script, book)
            let id = GossipMessage.id(author: author.publicKey, sequenceNumber: UInt64(choice >> 3))
            let record = PeerRecord(peer: PeerID(ed25519: signing(99).publicKey), sequence: 2, addresses: [.tcp4(0x0303_0303, port: 3)])
            let offer = Draft.message(
                &script, [1: [record.peer.bytes, book[1]?.last ?? []], 2: [record.sealed(with: signing(99)).bytes, [1]]])
            let part = Draft.message(&script, [1: [name, id], 2: [id, offer, record.peer.bytes], 3: [[1]]])
            let control = Draft.message(&script, [1: [part], 2: [part], 3: [part], 4: [part], 5: [part]])
            let subscription = Draft.message(&script, [2: [name, [UInt8](repeating: 65, count: 257)]])
            return Draft.message(&script, [1: [subscription], 2: [message, content(frame)], 3: [control]])
        }

        private func content(_ frame: [UInt8]) -> [UInt8] { fields(frame).first?.value ?? [] }

        /// The fields of a message that hold bytes.
        private func fields(_ bytes: [UInt8]) -> [(number: Int, value: [UInt8])] {
            var reader = ProtobufReader(bytes)
            var list: [(number: Int, value: [UInt8])] = []
            while let field = try? reader.next() { if let value = try? field.bytes() { list.append((Int(field.number), Array(value))) } }
            return list
        }

        /// Control messages by the book.
        private func control(_ choice: UInt8, _ topic: [UInt8], _ number: UInt8) -> [UInt8] {
            let id = GossipMessage.id(author: signing(number & 7 + 1).publicKey, sequenceNumber: UInt64(number >> 3))
            switch choice >> 5 {
            case 0: return RPC.subscriptions([topic], subscribe: true)
            case 1: return RPC.subscriptions([topic], subscribe: false)
            case 2: return RPC.graft(topic)
            case 3:
                let record = PeerRecord(
                    peer: PeerID(ed25519: signing(number).publicKey), sequence: 2, addresses: [.tcp4(0x0303_0303, port: 3)])
                let offer = OfferedPeer(id: record.peer.bytes[...], record: record.sealed(with: signing(number)).bytes[...])
                return RPC.prune(topic, backoff: .seconds(Int(number)), offers: number & 1 == 0 ? [offer] : [])
            case 4: return RPC.ihave(topic, ids: [id])
            case 5: return RPC.iwant([id[...]])
            default: return RPC.idontwant([id])
            }
        }

        private mutating func give(_ input: GossipSub.Input) {
            machine.handle(input, now: now, emit: &effects)
            carryOut()
        }

        private mutating func carryOut() {
            for effect in effects {
                switch effect {
                case .send(_, let frame, _):
                    precondition((try? RPC.outline(frame)) != nil, "an RPC that nobody can read")
                    frames = [frame]
                case .deliver(_, let handle, let author, _, _):
                    precondition(author.ed25519Key != nil, "a message of nobody's")
                    delivered.append(handle)
                case .penalise: break
                case .connect(_, let addresses): precondition(!addresses.isEmpty, "a peer without an address")
                }
            }
            effects.removeAll(keepingCapacity: true)
            if delivered.count > 64 { delivered.removeFirst(delivered.count - 64) }
        }
    }
}
