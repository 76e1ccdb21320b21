internal import Crypto
internal import Determinism
internal import EventLoop
internal import GossipSub
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// Two peers with the target between them: one publishes what it has signed beforehand, the other counts what comes.
///
/// Neither verifies anything while the clock runs: the processor time beside that of the target is the wire's.
final class GossipRelay {
    private let load: NetLoad
    private let publisher: LoadPeer
    private let receiver: LoadPeer
    private var signer: GossipSub
    private var member: GossipSub
    private let topic: TopicID
    private var frames: [[UInt8]] = []
    private var sent = 0
    private(set) var received = 0

    init(load: NetLoad, topic name: String) throws {
        self.load = load
        publisher = try LoadPeer(loop: load.loop, prefix: load.prefix, serving: [.gossip])
        receiver = try LoadPeer(loop: load.loop, prefix: load.prefix, serving: [.gossip])
        signer = GossipRelay.machine(publisher)
        member = GossipRelay.machine(receiver)
        guard let topic = signer.intern(name), member.intern(name) == topic else { throw BenchmarkFailure("no topic \(name)") }
        self.topic = topic
    }

    private static func machine(_ peer: LoadPeer) -> GossipSub {
        GossipSub(
            signing: .ed25519(peer.identity), firstSequenceNumber: UInt64(Clock.monotonic * 1e9), generator: Generator(seed: Entropy.seed())
        )
    }

    private var now: Instant { Instant(nanoseconds: load.loop.now) }

    /// Connects both and waits until the target is subscribed and has the receiver in its mesh. False where that never happens.
    func prepare() throws -> Bool {
        tellMember(.join(topic, .automatic))
        // What the target says of itself may come at once; what it is told it takes when it knows who we are, which is before we know
        // who it is.
        publisher.onConnection = { [unowned self] in tellSigner(.peerAdded($0, load.target.peer, .outbound)) }
        publisher.onEvent = { [unowned self] event in
            guard case .message(let handle, .gossip, let bytes) = event, bytes.count < load.plan.messageSize else { return }
            tellSigner(.rpc(from: handle, bytes))
        }
        receiver.onEvent = { [unowned self] event in
            switch event {
            case .identified(let handle, _): tellMember(.peerAdded(handle, load.target.peer, .outbound))
            case .message(_, .gossip, let bytes) where bytes.count >= load.plan.messageSize: messageCame()
            case .message(let handle, .gossip, let bytes): tellMember(.rpc(from: handle, bytes))
            default: break
            }
        }
        _ = try publisher.connect(to: load.target, on: load.loop)
        _ = try receiver.connect(to: load.target, on: load.loop)
        return try load.loop.run(for: .seconds(20)) {
            !signer.subscribers(of: topic).isEmpty && !member.mesh(of: topic).isEmpty
        }
    }

    private func tellSigner(_ input: GossipSub.Input) {
        var effects: [GossipSub.Effect] = []
        signer.handle(input, now: now, emit: &effects)
    }

    private func tellMember(_ input: GossipSub.Input) {
        var effects: [GossipSub.Effect] = []
        member.handle(input, now: now, emit: &effects)
        for case .send(let handle, let bytes, let priority) in effects {
            receiver.driver.perform(.send(to: handle, .gossip, bytes, priority))
        }
    }

    /// Messages in the form in which they travel.
    func sign(_ count: Int) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        let payload = [UInt8](repeating: 7, count: load.plan.messageSize)
        while frames.count < count {
            var effects: [GossipSub.Effect] = []
            signer.handle(.publish(topic, payload), now: now, emit: &effects)
            for case .send(_, let bytes, _) in effects where bytes.count >= payload.count { frames.append(bytes) }
        }
        return frames
    }

    func begin(_ frames: [[UInt8]]) {
        self.frames = frames
        (sent, received) = (0, 0)
        for _ in 0..<load.plan.inFlight { sendNext() }
    }

    private func messageCame() {
        received += 1
        sendNext()
    }

    private func sendNext() {
        guard sent < frames.count, let handle = publisher.handle else { return }
        publisher.driver.perform(.send(to: handle, .gossip, frames[sent], .high))
        sent += 1
    }

    func close() {
        publisher.close()
        receiver.close()
    }
}
