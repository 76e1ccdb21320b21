import Blocks
import Determinism
import EventLoop
import Identity
import LibP2P
import NodeRuntime
import Wire

/// The block exchange of one of our nodes, with a dictionary for a store.
final class NodeBlocks {
    private var exchange: BlockExchange
    private let driver: SwarmDriver
    private let loop: EventLoop
    private var timer: Timer?
    private var effects: [BlockExchange.Effect] = []
    private var lastWant: UInt64 = 0
    private(set) var store: [CID: [UInt8]] = [:]
    private(set) var results: [WantID: BlockExchange.WantResult] = [:]
    /// Blocks that none of those asked has.
    private(set) var unanswered: Set<CID> = []
    private(set) var penalties: [BlockExchange.Misbehaviour] = []

    init(driver: SwarmDriver, loop: EventLoop) {
        self.driver = driver
        self.loop = loop
        var parameters = BlockExchange.Parameters()
        parameters.retryInterval = .seconds(1)
        exchange = BlockExchange(parameters: parameters)
        timer = try? Timer(loop: loop) { [weak self] in self?.deadlinePassed() }
    }

    /// Looks at every event, and keeps those that are for no other.
    func take(_ event: NetworkEvent) -> Bool {
        switch event {
        case .identified(let handle, let information):
            if information.protocols.contains(.bitswap), let peer = driver.swarm.peer(of: handle) { tell(.peerAdded(handle, peer)) }
        case .disconnected(let handle, _): tell(.peerRemoved(handle))
        case .message(let handle, .bitswap, let bytes):
            tell(.message(from: handle, bytes))
            return true
        case .congested(let handle): tell(.congested(handle))
        default: break
        }
        return false
    }

    /// Ends in `results` under the id that is returned.
    func fetch(_ cid: CID, from peers: [PeerHandle]) -> WantID {
        lastWant += 1
        let id = WantID(lastWant)
        tell(.want([BlockExchange.Want(id: id, cid: cid)], from: peers))
        return id
    }

    func close() { timer?.close() }

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
                case .send(let handle, let bytes, let priority): driver.perform(.send(to: handle, .bitswap, bytes, priority))
                case .load(let cid, let token): exchange.handle(.loaded(token, store[cid]), now: now, emit: &effects)
                case .probe(let cid, let token): exchange.handle(.probed(token, size: store[cid]?.count), now: now, emit: &effects)
                case .store(let cid, let bytes): store[cid] = bytes
                case .finished(let id, let result): results[id] = result
                case .candidatesWanted(let cid): unanswered.insert(cid)
                case .penalise(_, let reason): penalties.append(reason)
                }
            }
        }
        if let deadline = exchange.nextDeadline { timer?.arm(at: deadline.nanoseconds) } else { timer?.disarm() }
    }
}
