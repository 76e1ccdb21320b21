// fuzz: Blocks
// longest: 4096
// covers: Sources/Blocks/BitswapMessage.swift
// plays: Sources/Blocks/BlockExchange.swift Sources/Blocks/BlockExchange+Fetch.swift Sources/Blocks/BlockExchange+Serve.swift Sources/Blocks/BlockPeer.swift
// Bitswap under hostile messages, wants and losses in any order: its invariants hold, and only blocks that were wanted are kept.
import Crypto
import Determinism
import Identity
import LibP2P
import Wire

@testable import Blocks

enum BitswapFuzz: FuzzTarget {
    /// Blocks that everybody knows of.
    private static let blocks = (0..<16).map { [UInt8](repeating: UInt8($0), count: $0 * 37 + 1) }
    private static let cids = blocks.map { BitswapMessage.Block(codec: .raw, hash: .sha256, data: $0[...]).computedCID }

    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        var parameters = BlockExchange.Parameters()
        (parameters.wantsMax, parameters.wantlistMax, parameters.loadsMax, parameters.loadsPerPeerMax) = (8, 6, 4, 2)
        parameters.candidatesMax = 4
        (parameters.serveBurst, parameters.serveRate) = (4096, 4096)
        var play = Play(machine: BlockExchange(parameters: parameters))
        for peer in 0..<6 { play.add(peer) }
        for step in 0..<100 where !script.isAtEnd {
            play.step(&script)
            // Looking at everything costs more than a step.
            if step % 10 == 9 { play.check() }
        }
        play.check()
    }

    private struct Play {
        var machine: BlockExchange
        var now = Instant(nanoseconds: 1)
        var effects: [BlockExchange.Effect] = []
        var loads: [(token: LoadToken, cid: CID, isProbe: Bool)] = []
        var wants: [WantID: CID] = [:]
        var store: Set<CID> = []
        var lastWant: UInt64 = 0

        mutating func add(_ peer: Int) {
            give(.peerAdded(PeerHandle(index: UInt32(peer)), PeerID(ed25519: Hash.sha256([UInt8(peer)]))))
        }

        func check() { precondition(machine.violations.isEmpty, "\(machine.violations)") }

        mutating func step(_ script: inout Script) {
            let operation = script.byte()
            let choice = script.byte()
            let peer = PeerHandle(index: UInt32(choice & 7))
            let cid = cids[Int(choice >> 4)]
            if operation >= 0xf0 {
                let bytes = draft(&script, large: choice == 0xff)
                check(bytes)
                return give(.message(from: peer, bytes))
            }
            switch operation % 9 {
            case 0:
                let bytes = script.bytes()
                check(bytes)
                give(.message(from: peer, bytes))
            case 1: give(.message(from: peer, message(choice, cid, script.byte()).encode()))
            case 2:
                lastWant += 1
                wants[WantID(lastWant)] = cid
                let candidates = (0..<8).filter { script.byte() >> $0 & 1 == 1 }.map { PeerHandle(index: UInt32($0)) }
                give(.want([.init(id: WantID(lastWant), cid: cid)], from: candidates))
            case 3: answer(choice)
            case 4:
                now = now + .milliseconds(script.word())
                machine.handleDeadline(now: now, emit: &effects)
                carryOut()
            case 5: choice & 0x40 == 0 ? give(.peerRemoved(peer)) : add(Int(peer.index))
            case 6: give(.candidates(cid, [peer]))
            case 7: give(choice & 8 == 0 ? .congested(peer) : .cancel(WantID(UInt64(choice >> 4))))
            default:
                if choice & 8 == 0 { give(.added(cid)) }
                if choice & 8 != 0 { give(.access([.everybody, .nobody, .rule { $1 < cids[8] }][Int(choice & 7) % 3])) }
            }
        }

        private mutating func answer(_ choice: UInt8) {
            guard !loads.isEmpty else { return }
            let load = loads.remove(at: Int(choice & 0x7f) % loads.count)
            let block = choice & 0x80 == 0 ? cids.firstIndex(of: load.cid).map { blocks[$0] } : nil
            give(load.isProbe ? .probed(load.token, size: block?.count) : .loaded(load.token, block))
        }

        /// A message of the script's own making, with entries, blocks and presences of its own making.
        private func draft(_ script: inout Script, large: Bool) -> [UInt8] {
            let digests = [cids[0].bytes, cids[9].bytes, [0x12, 0x20] + cids[1].digest.array]
            let list = [Draft.message(&script, [1: [Draft.message(&script, [1: digests]), Draft.message(&script, [1: digests])]])]
            let prefixes = [[1, 0x55, 0x12, 0x20], [1, 0x70, 0xa0, 0xe4, 0x02, 0x20], [0, 0x55, 0x12, 0x20], [1, 0x55, 0x12, 0x14]]
            var data = [blocks[3], blocks[9]]
            // Beyond what a block may have.
            if large { data.append([UInt8](repeating: 1, count: BitswapMessage.blockSizeMax + 1)) }
            let payload = [Draft.message(&script, [1: prefixes.map { $0.map { UInt8($0) } }, 2: data])]
            let presence = [Draft.message(&script, [1: digests])]
            return Draft.message(&script, [1: list, 2: data, 3: payload, 4: presence])
        }

        /// Messages by the book, and nearly so.
        private func message(_ choice: UInt8, _ cid: CID, _ how: UInt8) -> BitswapMessage {
            let block = blocks[Int(choice >> 4)]
            switch how & 3 {
            case 0:
                let entry = BitswapMessage.Entry(
                    cid: cid, isCancel: how & 4 != 0, kind: how & 8 == 0 ? .block : .have, sendDontHave: how & 16 == 0)
                return BitswapMessage(entries: [entry], isFull: how & 32 != 0)
            case 1: return BitswapMessage(blocks: [.init(codec: .raw, hash: how & 4 == 0 ? .sha256 : .blake2b256, data: block[...])])
            case 2: return BitswapMessage(presences: [.init(cid: cid, isThere: how & 4 != 0)], pendingBytes: UInt32(how))
            default:
                let entries = cids.map { BitswapMessage.Entry(cid: $0, kind: how & 4 == 0 ? .block : .have) }
                return BitswapMessage(entries: entries, isFull: how & 32 != 0)
            }
        }

        private mutating func give(_ input: BlockExchange.Input) {
            machine.handle(input, now: now, emit: &effects)
            carryOut()
        }

        private mutating func carryOut() {
            for effect in effects {
                switch effect {
                case .send(_, let bytes, _):
                    precondition((try? BitswapMessage(decoding: bytes)) != nil, "a message that nobody can read")
                case .load(let cid, let token): loads.append((token, cid, false))
                case .probe(let cid, let token): loads.append((token, cid, true))
                case .store(let cid, let bytes):
                    let computed = BitswapMessage.Block(codec: cid.codec, hash: cid.hash, data: bytes[...]).computedCID
                    precondition(computed == cid, "a block under another name")
                    precondition(wants.values.contains(cid), "a block that nobody wanted")
                    store.insert(cid)
                case .finished(let id, let result):
                    guard let cid = wants.removeValue(forKey: id) else { preconditionFailure("a want ended twice") }
                    precondition(result != .received || store.contains(cid), "received, and not kept")
                case .candidatesWanted, .penalise: break
                }
            }
            effects.removeAll(keepingCapacity: true)
        }

        private func check(_ bytes: [UInt8]) {
            guard let message = try? BitswapMessage(decoding: bytes) else { return }
            precondition((try? BitswapMessage(decoding: message.encode())) == message, "a message changed on its way out and in")
        }
    }
}
