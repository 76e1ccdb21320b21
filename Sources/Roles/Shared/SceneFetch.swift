internal import Identity
internal import Wire

/// Brings one scene into the local store: survey, fetch what is missing, store it, survey again, until nothing is missing.
///
/// Every wait ends: blocks have their own time, and the owner gives up the whole at a deadline of its own.
struct SceneFetch: Sendable {
    struct Parameters: Hashable, Sendable {
        /// Blocks asked for at a time; 1 MiB each at most.
        var inFlightMax = 16
        var blockWait: Duration = .seconds(20)
        /// Blocks that nobody had, over the whole fetch, before it is given up.
        var failuresMax = 8
    }

    enum Phase: Hashable, Sendable {
        case surveying
        case fetching
        case complete(bytes: UInt64)
        case failed(SceneFault)
    }

    let root: CID
    let scope: Bytes32
    let bytesMax: UInt64
    private(set) var phase: Phase = .surveying
    private let sources: [PeerID]
    private let parameters: Parameters
    private var work: WorkID?
    private var missing: [CID] = []
    private var asked: [BlockRequestID: CID] = [:]
    private var storing: Set<CID> = []
    private var failures = 0
    private var bytes: UInt64 = 0

    init(root: CID, scope: Bytes32, from sources: [PeerID], bytesMax: UInt64, parameters: Parameters = Parameters()) {
        self.root = root
        self.scope = scope
        self.sources = sources
        self.bytesMax = bytesMax
        self.parameters = parameters
    }

    var isDone: Bool {
        switch phase {
        case .surveying, .fetching: false
        case .complete, .failed: true
        }
    }

    /// Blocks known to be missing.
    var blocksMissing: Int { missing.count + asked.count + storing.count }

    mutating func begin(ids: inout RoleIDs, emit: inout [RoleEffect]) { survey(ids: &ids, emit: &emit) }

    /// False where the result is not this fetch's.
    mutating func surveyed(_ id: WorkID, _ survey: SceneSurvey, ids: inout RoleIDs, emit: inout [RoleEffect]) -> Bool {
        guard id == work else { return false }
        work = nil
        switch survey {
        case .complete(let bytes): phase = bytes <= bytesMax ? .complete(bytes: bytes) : .failed(.tooLarge)
        case .failed(let fault): phase = .failed(fault)
        case .missing(let cids):
            guard !cids.isEmpty, cids.count <= SceneSurvey.blocksMax else {
                phase = .failed(.malformed)
                return true
            }
            phase = .fetching
            missing = cids.reversed()
            ask(ids: &ids, emit: &emit)
        }
        return true
    }

    mutating func block(_ id: BlockRequestID, _ block: [UInt8]?, ids: inout RoleIDs, emit: inout [RoleEffect]) -> Bool {
        guard let cid = asked.removeValue(forKey: id) else { return false }
        if let block {
            bytes += UInt64(block.count)
            if bytes > bytesMax {
                fail(.tooLarge, emit: &emit)
                return true
            }
            storing.insert(cid)
            emit.append(.storeBlock(cid, block, scope: scope))
        } else {
            failures += 1
            missing.append(cid)
            if failures > parameters.failuresMax {
                fail(.unavailable, emit: &emit)
                return true
            }
        }
        ask(ids: &ids, emit: &emit)
        return true
    }

    mutating func stored(_ cid: CID, _ isStored: Bool, ids: inout RoleIDs, emit: inout [RoleEffect]) -> Bool {
        guard phase == .fetching, storing.remove(cid) != nil else { return false }
        guard isStored else {
            fail(.engineFailed, emit: &emit)
            return true
        }
        if missing.isEmpty, asked.isEmpty, storing.isEmpty { survey(ids: &ids, emit: &emit) }
        return true
    }

    mutating func fail(_ fault: SceneFault, emit: inout [RoleEffect]) {
        guard !isDone else { return }
        for id in asked.keys.sorted(by: { $0.value < $1.value }) { emit.append(.cancelBlock(id)) }
        if let work { emit.append(.cancelWork(work)) }
        asked = [:]
        missing = []
        storing = []
        work = nil
        phase = .failed(fault)
    }

    private mutating func survey(ids: inout RoleIDs, emit: inout [RoleEffect]) {
        let id = ids.work()
        work = id
        phase = .surveying
        emit.append(.surveyScene(id, root: root, scope: scope))
    }

    private mutating func ask(ids: inout RoleIDs, emit: inout [RoleEffect]) {
        while asked.count < parameters.inFlightMax, let cid = missing.popLast() {
            let id = ids.block()
            asked[id] = cid
            emit.append(.wantBlock(id, cid, from: sources, timeout: parameters.blockWait))
        }
    }
}
