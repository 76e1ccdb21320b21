internal import Node
internal import Roles
internal import Store

/// Effects of a node in their order, with the disk in between: nothing that follows a `persist` is carried out before that is durable.
///
/// While the disk works, the node may take further inputs; their effects queue up here. Changes that lie further back are taken
/// along in the same write where only sends and events stand between, so a busy node waits for the disk once, not once per change. (A change
/// that becomes durable before a send which the node decided earlier is like that send lost on the way.)
struct EffectQueue {
    enum Step {
        case carryOut(NodeEffect)
        /// Make these durable, then call `persisted()`.
        case persist([RecordChange])
        /// Nothing to do, or waiting for the disk.
        case idle
    }

    /// Changes that one write takes along. Bounds the time of a write, and how long effects wait for it.
    static let changesMax = 4096

    private var effects: [NodeEffect?] = []
    private var head = 0
    private(set) var isWaiting = false

    /// Effects that were given and not handed out.
    var count: Int { effects.count - head }

    mutating func append(contentsOf new: [NodeEffect]) {
        for effect in new { effects.append(effect) }
    }

    mutating func next() -> Step {
        guard !isWaiting else { return .idle }
        while head < effects.count {
            guard let effect = effects[head] else {
                head += 1
                continue
            }
            if case .persist = effect { return gather() }
            effects[head] = nil
            head += 1
            return .carryOut(effect)
        }
        effects.removeAll(keepingCapacity: effects.count <= 1024)
        head = 0
        return .idle
    }

    mutating func persisted() { isWaiting = false }

    private mutating func gather() -> Step {
        var changes: [RecordChange] = []
        scan: for index in head..<effects.count {
            guard let effect = effects[index] else { continue }
            switch effect {
            case .persist(let role, let more):
                guard changes.isEmpty || changes.count + more.count <= EffectQueue.changesMax else { break scan }
                changes += more.map { RecordChange(role.space, key: $0.key, value: $0.value) }
                effects[index] = nil
            case .network, .event, .answer, .adminRequest, .deliverTile, .render, .prove, .recompute, .markScene, .cancelWork,
                .inspectScene, .readBlock, .probeBlock, .lookedUp:
                break
            case .storeBlock, .releaseBlocks, .load, .surveyScene, .compareScenes: break scan
            }
        }
        if changes.isEmpty { return next() }
        isWaiting = true
        return .persist(changes)
    }
}

extension RoleName {
    /// The table of what this role persists.
    var space: RecordSpace { RecordSpace(rawValue: Int64(rawValue)) }
}
