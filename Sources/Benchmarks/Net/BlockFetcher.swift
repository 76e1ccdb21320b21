internal import Blocks
internal import Determinism
internal import EventLoop
internal import Identity
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// Fetches blocks with the node's own exchange, which checks every hash, and keeps none.
final class BlockFetcher {
    private let peer: LoadPeer
    private let loop: EventLoop
    private var exchange = BlockExchange()
    private var effects: [BlockExchange.Effect] = []
    private var timer: Timer?
    private var lastWant: UInt64 = 0
    private var open = 0
    private(set) var failures = 0

    init(loop: EventLoop, prefix: String) throws {
        self.loop = loop
        peer = try LoadPeer(loop: loop, prefix: prefix, serving: [.bitswap])
        timer = try Timer(loop: loop) { [weak self] in self?.deadlinePassed() }
        peer.onEvent = { [weak self] event in
            switch event {
            case .message(let handle, .bitswap, let bytes): self?.tell(.message(from: handle, bytes))
            case .congested(let handle): self?.tell(.congested(handle))
            case .disconnected(let handle, _): self?.tell(.peerRemoved(handle))
            default: break
            }
        }
    }

    var isDone: Bool { open == 0 }

    func connect(to target: TargetProcess) throws -> PeerHandle {
        let handle = try peer.connect(to: target, on: loop)
        tell(.peerAdded(handle, target.peer))
        return handle
    }

    func fetch(_ blocks: [CID], from handle: PeerHandle) {
        open = blocks.count
        failures = 0
        let wants = blocks.map { cid in
            lastWant += 1
            return BlockExchange.Want(id: WantID(lastWant), cid: cid)
        }
        tell(.want(wants, from: [handle]))
    }

    func close() {
        peer.close()
        timer?.close()
    }

    private var now: Instant { Instant(nanoseconds: loop.now) }

    private func deadlinePassed() {
        exchange.handleDeadline(now: now, emit: &effects)
        carryOut()
    }

    private func tell(_ input: BlockExchange.Input) {
        exchange.handle(input, now: now, emit: &effects)
        carryOut()
    }

    private func carryOut() {
        while !effects.isEmpty {
            var batch: [BlockExchange.Effect] = []
            swap(&batch, &effects)
            for effect in batch {
                switch effect {
                case .send(let handle, let bytes, let priority): peer.driver.perform(.send(to: handle, .bitswap, bytes, priority))
                case .load(_, let token): exchange.handle(.loaded(token, nil), now: now, emit: &effects)
                case .probe(_, let token): exchange.handle(.probed(token, size: nil), now: now, emit: &effects)
                case .finished(_, let result):
                    open -= 1
                    if case .failed = result { failures += 1 }
                case .store, .candidatesWanted, .penalise: break
                }
            }
        }
        if let deadline = exchange.nextDeadline { timer?.arm(at: deadline.nanoseconds) } else { timer?.disarm() }
    }
}
