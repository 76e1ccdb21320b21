import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

@Suite struct BehaviourTests {
    @Test func theFrameIsForwardedAsItCame() {
        var lab = Lab(peers: 12)
        _ = lab.beat()
        let mesh = lab.machine.mesh(of: lab.topic)
        let frame = Lab.frame(1)
        let sent = lab.hear(frame, from: mesh[0].index).sent
        #expect(sent.map(\.to) == Array(mesh.dropFirst()))
        #expect(sent.allSatisfy { $0.bytes == frame && $0.priority == .normal })
        // Among others it gets an envelope of its own.
        let second = lab.hear(Lab.frame(2) + Lab.frame(3), from: mesh[0].index).sent
        #expect(Set(second.map(\.bytes)) == [Lab.frame(2), Lab.frame(3)])
    }

    @Test func theApplicationDecides() {
        var lab = Lab(validation: .application, peers: 9)
        _ = lab.beat()
        let source = lab.machine.mesh(of: lab.topic)[0]
        for (number, verdict) in [(1, GossipSub.Verdict.accept), (2, .reject), (3, .ignore)] {
            let effects = lab.hear(Lab.frame(UInt64(number)), from: source.index)
            #expect(effects.delivered.count == 1 && effects.sent.isEmpty)
            let after = lab.give(.validated(effects.handles[0], verdict))
            #expect(after.sent.isEmpty == (verdict != .accept))
            #expect(after.penalties == (verdict == .reject ? [.rejectedMessage] : []))
            #expect(lab.give(.validated(effects.handles[0], .accept)).isEmpty)
        }
        // Too late: it has left the cache. Its number names nothing else.
        let late = lab.hear(Lab.frame(4), from: source.index).handles[0]
        _ = lab.beat(6)
        _ = lab.hear(Lab.frame(5), from: source.index)
        #expect(lab.give(.validated(late, .accept)).isEmpty)
    }

    @Test func aHandleOfAnotherDoesNotPay() {
        var lab = Lab(validation: .application, peers: 2)
        let handle = lab.hear(Lab.frame(1)).handles[0]
        _ = lab.give(.peerRemoved(lab.peer))
        _ = lab.give(.peerAdded(lab.peer, PeerID(ed25519: .zero), .inbound))
        #expect(lab.give(.validated(handle, .reject)).penalties.isEmpty)
    }

    @Test func ownMessagesAreFlooded() {
        var lab = Lab(peers: 30)
        _ = lab.beat()
        let sent = lab.give(.publish(lab.topic, [1])).sent
        #expect(sent.count == 30 && Set(sent.map(\.bytes)).count == 1 && sent.allSatisfy { $0.priority == .high })
        #expect(lab.give(.publish(lab.topic, .init(repeating: 0, count: 1 << 20))).isEmpty)
    }

    @Test func fanoutLivesAMinute() {
        var parameters = GossipSub.Parameters()
        parameters.floodPublish = false
        var lab = Lab(parameters: parameters, validation: nil, peers: 30)
        #expect(lab.machine.nextDeadline == nil)
        let first = lab.give(.publish(lab.topic, [1])).sent.map(\.to)
        let second = lab.give(.publish(lab.topic, [2])).sent.map(\.to)
        #expect(first.count == 8 && first == second)
        _ = lab.beat(30)
        #expect(lab.machine.topics[lab.topic].fanout.count == 8)
        _ = lab.beat(40)
        #expect(lab.machine.topics[lab.topic].fanout.isEmpty)
        #expect(lab.machine.nextDeadline == nil)
    }

    @Test func offersGoToOutsiders() {
        var lab = Lab(peers: 40)
        _ = lab.beat()
        let mesh = lab.machine.mesh(of: lab.topic)
        for number in 0..<500 as Range<UInt64> { _ = lab.hear(Lab.frame(number, data: [])) }
        let offers = lab.beat().sent.filter { $0.priority == .low }
        #expect(offers.count == 8)  // a quarter of 32
        #expect(Set(offers.map(\.bytes)).count == 1)
        for offer in offers {
            #expect(!mesh.contains(offer.to))
            #expect(offer.bytes.count <= lab.machine.parameters.controlSizeMax)
        }
        _ = lab.beat(3)
        #expect(lab.beat(2).sent.isEmpty)
    }

    @Test func joiningAndLeavingAreTold() {
        var lab = Lab(validation: nil, peers: 10)
        let joined = lab.give(.join(lab.topic, .automatic)).sent
        #expect(joined.filter { $0.bytes == RPC.subscriptions([Array("shard".utf8)], subscribe: true) }.count == 10)
        #expect(joined.filter { $0.bytes == RPC.graft(Array("shard".utf8)) }.count == 8)
        let left = lab.give(.leave(lab.topic)).sent
        #expect(left.filter { $0.bytes == RPC.prune(Array("shard".utf8), backoff: .seconds(10)) }.count == 8)
        #expect(left.filter { $0.bytes == RPC.subscriptions([Array("shard".utf8)], subscribe: false) }.count == 10)
        #expect(lab.hear(Lab.frame(1)).isEmpty)
        _ = lab.beat()
        #expect(lab.machine.nextDeadline == nil)
    }

    @Test func namesAreChecked() {
        var lab = Lab()
        let names = ["shard", "", String(repeating: "x", count: 257)].map { lab.machine.intern($0) }
        #expect(names == [lab.topic, nil, nil])
        #expect(lab.give(.publish(TopicID(index: 900), [1])).isEmpty)
    }

    @Test func seenIsRememberedForItsTime() {
        var cache = SeenCache(seenFor: .seconds(120), perWindowMax: 100_000)
        var generator = Generator(seed: 8)
        let hasher = MessageHasher(generator: &generator)
        var model: [MessageKey: (serial: UInt32, at: Instant)] = [:]
        var now = Instant.origin
        for number in 0..<20_000 as Range<UInt64> {
            now = now + .milliseconds(Int(generator.next() % 40))
            let key = hasher.key(author: Bytes32(words: 1, 2, 3, number % 7), sequenceNumber: number)
            cache.insert(key, serial: UInt32(number), now: now)
            model[key] = (UInt32(number), now)
        }
        #expect(model.count == 20_000)
        for (key, entry) in model {
            if now - entry.at <= .seconds(120) { #expect(cache.serial(of: key) == entry.serial) }
            if now - entry.at > .seconds(180) { #expect(cache.serial(of: key) == nil) }
        }
        cache.expire(now: now + .seconds(181))
        #expect(cache.count == 0)
    }

    @Test func seenIsBoundedUnderAFlood() {
        var cache = SeenCache(seenFor: .seconds(120), perWindowMax: 1000)
        var generator = Generator(seed: 8)
        let hasher = MessageHasher(generator: &generator)
        for number in 0..<10_000 as Range<UInt64> {
            cache.insert(hasher.key(author: .zero, sequenceNumber: number), serial: 1, now: .origin)
            #expect(cache.count <= 3000)
        }
        #expect(cache.serial(of: hasher.key(author: .zero, sequenceNumber: 9_999)) == 1)
        #expect(cache.serial(of: hasher.key(author: .zero, sequenceNumber: 1)) == nil)
    }

    @Test func theCacheStaysWithinItsBounds() {
        var parameters = GossipSub.Parameters()
        parameters.cacheCountMax = 20
        parameters.cacheBytesMax = 1000
        var cache = MessageCache(parameters: parameters)
        var generator = Generator(seed: 2)
        var serials: [(UInt32, Int)] = []
        for number in 0..<500 {
            let size = Int(generator.next() % 200)
            let entry = MessageCache.Entry(
                author: .zero, sequenceNumber: UInt64(number), frame: .init(repeating: 0, count: size), topic: TopicID(index: 0),
                state: .accepted, source: nil, arrival: .origin)
            serials.append((cache.insert(entry), number))
            if generator.chance(0.1) { cache.shift() }
            #expect(cache.entries.count <= 20 && cache.byteCount <= 1000)
            #expect(cache.byteCount == cache.entries.reduce(0) { $0 + $1.frame.count })
            #expect(cache.start(ofLast: 5) == 0)
            for (serial, number) in serials.suffix(30) {
                if let index = cache.index(serial) { #expect(cache.entries[index].sequenceNumber == UInt64(number)) }
            }
            #expect(cache.index(serials[serials.count - 1].0) != nil || cache.entries.isEmpty)
        }
    }
}
