internal import Crypto
internal import Identity
internal import Wire

/// Lines of the report as they come, and the checks that every record goes through.
struct ReplayLog: Sendable {
    private(set) var lines: [ReplayReport.Line]
    private let signing: Signing?
    let network: NetworkID
    /// Those whose word counts for offers, duties, rounds and decisions.
    let managers: Set<Bytes32>

    init(signing: Signing, network: NetworkID, managers: Set<Bytes32>, bundle: ProofBundle) {
        lines = []
        self.signing = signing
        self.network = network
        self.managers = managers.isEmpty ? [bundle.offer.author] : managers
    }

    /// To go on with a report whose records were all checked.
    init(lines: [ReplayReport.Line]) {
        self.lines = lines
        signing = nil
        network = NetworkID(.zero)
        managers = []
    }

    mutating func pass(_ step: ReplayStep) { lines.append(ReplayReport.Line(step: step, result: .passed)) }
    mutating func skip(_ step: ReplayStep) { lines.append(ReplayReport.Line(step: step, result: .skipped)) }
    mutating func fail(_ step: ReplayStep, _ failure: ReplayFailure) {
        lines.append(ReplayReport.Line(step: step, result: .failed(failure)))
    }

    mutating func add(_ step: ReplayStep, _ result: ReplayReport.Result) { lines.append(ReplayReport.Line(step: step, result: result)) }

    /// Passes where `failure` is nil. True where it passed.
    @discardableResult
    mutating func note(_ step: ReplayStep, _ failure: ReplayFailure?) -> Bool {
        if let failure { fail(step, failure) } else { pass(step) }
        return failure == nil
    }

    /// Type, author and signature; a failure is logged.
    mutating func check(_ record: Record, _ type: RecordType, _ step: ReplayStep, by authors: Set<Bytes32>?) -> RecordID? {
        if let failure = failure(record, type, by: authors) {
            fail(step, failure)
            return nil
        }
        return record.id(network: network)
    }

    /// As above, with the body.
    mutating func open<Body: RecordBody>(
        _ record: Record, _ step: ReplayStep, by authors: Set<Bytes32>?, as _: Body.Type = Body.self
    ) -> (body: Body, id: RecordID)? {
        guard let id = check(record, Body.type, step, by: authors) else { return nil }
        do throws(WireError) {
            return (try record.decoded(), id)
        } catch {
            fail(step, .malformed(error))
            return nil
        }
    }

    func failure(_ record: Record, _ type: RecordType, by authors: Set<Bytes32>?) -> ReplayFailure? {
        if record.type != type { return .wrongType }
        if let authors, !authors.contains(record.author) { return .wrongAuthor }
        guard let signing, record.verify(with: signing, network: network) else { return .badSignature }
        return nil
    }

    /// A record that is not a line of its own: nil where it does not hold.
    func opened<Body: RecordBody>(_ record: Record, by authors: Set<Bytes32>, as _: Body.Type = Body.self) -> (body: Body, id: RecordID)? {
        guard failure(record, Body.type, by: authors) == nil, let body = try? record.decoded(as: Body.self) else { return nil }
        return (body, record.id(network: network))
    }

    func anchored(_ id: RecordID, _ anchor: Anchor) throws(Anchor.Failure) -> Beacon {
        guard let signing else { throw .badSignature }
        return try anchor.verify(id, with: signing, network: network) { managers.contains($0) }
    }
}
