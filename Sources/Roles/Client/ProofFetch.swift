internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import Wire

/// Brings the proof of one task: the bundle in parts, then the picture that it is about.
struct ProofFetch: Sendable {
    let query: QueryID
    let manager: KnownPeer
    var next: ProofQuery
    private(set) var bytes: [UInt8] = []
    private(set) var bundle: ProofBundle?
    var picture: PictureFetch?

    init(query: QueryID, manager: KnownPeer, job: RecordID, task: UInt32, attempt: UInt32?) {
        self.query = query
        self.manager = manager
        next = ProofQuery(job: job, task: task, attempt: attempt)
    }

    enum Step: Sendable {
        case more
        case complete(ProofBundle, Commitment, Offer)
        case failed
    }

    mutating func received(_ part: [UInt8], size: UInt64) -> Step {
        guard size <= UInt64(ProofBundle.sizeMax), !part.isEmpty, UInt64(bytes.count + part.count) <= size else { return .failed }
        bytes += part
        guard UInt64(bytes.count) == size else {
            next.offset = UInt64(bytes.count)
            return .more
        }
        guard
            let bundle = try? ProofBundle(encoded: bytes), let commitment = try? bundle.commitment.decoded(as: Commitment.self),
            let offer = try? bundle.offer.decoded(as: Offer.self), offer.job == next.job, offer.task == next.task,
            next.attempt ?? offer.attempt == offer.attempt
        else { return .failed }
        self.bundle = bundle
        bytes = []
        return .complete(bundle, commitment, offer)
    }
}

extension ClientRole {
    /// Proofs fetched at a time.
    static var proofsMax: Int { 4 }

    mutating func fetchProof(_ job: RecordID, _ task: UInt32, attempt: UInt32?, _ query: QueryID, emit: inout [RoleEffect]) {
        guard let manager = submissions[job]?.manager ?? managers.first else { return emit.append(.answer(query, .failed(.noManager))) }
        guard proofs.count < ClientRole.proofsMax else { return emit.append(.answer(query, .failed(.busy))) }
        let fetch = ProofFetch(query: query, manager: manager, job: job, task: task, attempt: attempt)
        proofs[query] = fetch
        send(.proof(fetch.next), to: manager, as: .proof(query), emit: &emit)
    }

    mutating func proofReceived(_ query: QueryID, _ reply: JobReply, emit: inout [RoleEffect]) {
        guard var fetch = proofs[query] else { return }
        guard case .proof(let part, let size) = reply else { return endProof(query, nil, emit: &emit) }
        switch fetch.received(part, size: size) {
        case .more: send(.proof(fetch.next), to: fetch.manager, as: .proof(query), emit: &emit)
        case .failed: return endProof(query, nil, emit: &emit)
        case .complete(_, let commitment, let offer):
            var picture = PictureFetch(
                result: commitment.result, tile: offer.tile, from: [fetch.manager.peer], wait: parameters.pictureBlockWait)
            picture.begin(ids: &ids, emit: &emit)
            fetch.picture = picture
        }
        proofs[query] = fetch
    }

    /// False where the block is no proof's.
    mutating func proofBlock(_ id: BlockRequestID, _ bytes: [UInt8]?, emit: inout [RoleEffect]) -> Bool {
        for query in proofs.keys.sorted(by: { $0.value < $1.value }) {
            guard var fetch = proofs[query], var picture = fetch.picture, picture.block(id, bytes, ids: &ids, emit: &emit) else { continue }
            fetch.picture = picture
            proofs[query] = fetch
            switch picture.phase {
            case .fetching: break
            // The records alone show much; what is missing is named by the replay.
            case .unavailable: endProof(query, fetch.bundle, emit: &emit)
            case .complete(let delivery):
                var bundle = fetch.bundle
                bundle?.picture = delivery
                endProof(query, bundle, emit: &emit)
            }
            return true
        }
        return false
    }

    mutating func endProof(_ query: QueryID, _ bundle: ProofBundle?, emit: inout [RoleEffect]) {
        proofs[query] = nil
        emit.append(.answer(query, bundle.map { .proof($0.encoded) } ?? .failed(.proofUnavailable)))
    }
}
