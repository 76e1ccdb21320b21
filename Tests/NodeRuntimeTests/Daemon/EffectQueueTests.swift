import Identity
import LibP2P
import Node
import Roles
import Store
import Testing
import Wire

@testable import NodeRuntime

@Suite("Effect queue")
struct EffectQueueTests {
    private func send(_ number: UInt64) -> NodeEffect { .network(.refuse(InboundID(number))) }

    private func persist(_ number: UInt8, _ role: RoleName = .manager) -> NodeEffect {
        .persist(role, [StoredChange(key: [number], value: [number])])
    }

    /// What comes out until the queue waits or is empty.
    private func drain(_ queue: inout EffectQueue) -> [String] {
        var steps: [String] = []
        while true {
            switch queue.next() {
            case .idle: return steps
            case .persist(let changes):
                steps.append("persist " + changes.map { "\($0.space.rawValue):\($0.key[0])" }.joined(separator: ","))
            case .carryOut(.network(.refuse(let id))): steps.append("send \(id.value)")
            case .carryOut(.storeBlock): steps.append("store")
            case .carryOut(let effect): steps.append("\(effect)")
            }
        }
    }

    @Test func nothingBehindAChangeGoesOutBeforeItIsDurable() {
        var queue = EffectQueue()
        queue.append(contentsOf: [send(1), persist(1), send(2)])
        #expect(drain(&queue) == ["send 1", "persist 1:1"])
        #expect(queue.isWaiting)
        queue.append(contentsOf: [send(3)])
        #expect(drain(&queue) == [], "later inputs queue up behind the disk")
        queue.persisted()
        #expect(drain(&queue) == ["send 2", "send 3"])
        #expect(queue.count == 0)
    }

    @Test func changesBehindSendsShareOneWrite() {
        var queue = EffectQueue()
        queue.append(contentsOf: [persist(1), send(1), persist(2, .worker), send(2)])
        #expect(drain(&queue) == ["persist 1:1,2:2"])
        queue.persisted()
        #expect(drain(&queue) == ["send 1", "send 2"])
    }

    @Test func changesBehindOtherDiskWorkKeepTheirPlace() {
        var queue = EffectQueue()
        let store = NodeEffect.storeBlock(.manager, CID(digest: .zero), [1], scope: .zero)
        queue.append(contentsOf: [persist(1), store, persist(2)])
        #expect(drain(&queue) == ["persist 1:1"])
        queue.persisted()
        #expect(drain(&queue) == ["store", "persist 1:2"])
    }

    @Test func aChangeOfNothingWaitsForNothing() {
        var queue = EffectQueue()
        queue.append(contentsOf: [.persist(.manager, []), send(1)])
        #expect(drain(&queue) == ["send 1"])
    }

    @Test func oneWriteIsBounded() {
        var queue = EffectQueue()
        let many = (0..<EffectQueue.changesMax).map { _ in StoredChange(key: [0], value: nil) }
        queue.append(contentsOf: [.persist(.manager, many), persist(9)])
        guard case .persist(let first) = queue.next() else {
            Issue.record("a change is written first")
            return
        }
        #expect(first.count == EffectQueue.changesMax)
        queue.persisted()
        #expect(drain(&queue) == ["persist 1:9"])
    }
}
