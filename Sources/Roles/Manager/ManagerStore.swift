internal import Determinism
internal import Identity
internal import ProofOfRender
internal import Wire

/// Keys and values of what a Manager must not forget. Keys: a letter for the kind, the job's id, a letter, numbers in big-endian.
///
/// Live state lies under `b` (beacon), `j` (jobs), `p` (penalties) and `k` (ended jobs whose blocks are kept); what has ended under `a`.
struct ManagerStore: Sendable {
    private func key(_ kind: UInt8, _ id: Bytes32, _ part: Character? = nil, _ numbers: UInt32...) -> [UInt8] {
        var writer = ByteWriter(reserving: 48)
        writer.write(kind)
        writer.write(id.array)
        if let ascii = part?.asciiValue { writer.write(ascii) }
        for number in numbers { writer.writeBigEndian(number) }
        return writer.bytes
    }

    private func live(_ job: RecordID, _ part: Character) -> [UInt8] { key(UInt8(ascii: "j"), job, part) }

    func beacon(_ record: Record) -> StoredChange { StoredChange(key: [UInt8(ascii: "b")], value: record.encoded) }

    func penalty(_ record: Record, id: RecordID) -> StoredChange {
        StoredChange(key: key(UInt8(ascii: "p"), id), value: record.encoded)
    }

    func request(_ record: Record, id: RecordID) -> StoredChange { StoredChange(key: live(id, "r"), value: record.encoded) }
    func plan(_ record: Record, job: RecordID) -> StoredChange { StoredChange(key: live(job, "p"), value: record.encoded) }

    func header(_ job: JobState) -> StoredChange { StoredChange(key: live(job.id, "h"), value: JobHeader(job).encoded) }

    func task(_ task: TaskState, job: RecordID, index: Int) -> StoredChange {
        StoredChange(key: key(UInt8(ascii: "j"), job, "t", UInt32(truncatingIfNeeded: index)), value: TaskRow(task).encoded)
    }

    func kept(_ entry: KeptJobs.Entry) -> StoredChange {
        var writer = ByteWriter(reserving: 48)
        writer.write(UInt8(ascii: "k"))
        writer.writeBigEndian(entry.until)
        writer.write(entry.job.array)
        return StoredChange(key: writer.bytes, value: [])
    }

    func keptEntry(_ key: [UInt8]) -> KeptJobs.Entry? {
        guard key.count == 41, key[0] == UInt8(ascii: "k"), let job = Bytes32(key[9...]) else { return nil }
        return KeptJobs.Entry(until: key[1..<9].reduce(0) { $0 << 8 | UInt64($1) }, job: job)
    }

    // The archive.

    func end(_ record: Record, _ ref: AttemptRef) -> StoredChange {
        StoredChange(key: key(StoredEntry.archivePrefix, ref.job, "e", ref.task, ref.attempt), value: record.encoded)
    }

    func result(_ result: TaskResult, job: RecordID, task: UInt32) -> StoredChange {
        StoredChange(key: resultKey(job, task), value: Frame(kind: 0, records: result.records).encoded)
    }

    func resultPrefix(_ job: RecordID) -> [UInt8] { key(StoredEntry.archivePrefix, job, "r") }
    func resultKey(_ job: RecordID, _ task: UInt32) -> [UInt8] { key(StoredEntry.archivePrefix, job, "r", task) }
    /// Proofs of a task's attempts, the last attempt first; without an attempt the place where they begin.
    func proofKey(_ job: RecordID, _ task: UInt32, attempt: UInt32? = nil) -> [UInt8] {
        guard let attempt else { return key(StoredEntry.archivePrefix, job, "b", task) }
        return key(StoredEntry.archivePrefix, job, "b", task, ~attempt)
    }
    /// The proof of an attempt that verdicts decided: a rejected one stays, as the evidence of its penalty.
    func proof(_ bundle: ProofBundle, _ ref: AttemptRef) -> StoredChange {
        StoredChange(key: proofKey(ref.job, ref.task, attempt: ref.attempt), value: bundle.encoded)
    }

    func statusKey(_ job: RecordID) -> [UInt8] { key(StoredEntry.archivePrefix, job, "s") }

    /// Moves an ended job from the live rows to the archive, in one change.
    func archive(_ job: JobState, _ entry: EndedJobs.Entry) -> [StoredChange] {
        var changes = [StoredChange(key: statusKey(job.id), value: entry.encoded)]
        for part in ["r", "p", "h"] as [Character] { changes.append(StoredChange(key: live(job.id, part), value: nil)) }
        for index in job.tasks.indices where job.tasks[index].attempts > 0 {
            changes.append(StoredChange(key: key(UInt8(ascii: "j"), job.id, "t", UInt32(truncatingIfNeeded: index)), value: nil))
        }
        return changes
    }

    /// A live row of a job: its id, the letter, and what follows.
    func parse(_ key: [UInt8]) -> (job: RecordID, part: Character, index: UInt32)? {
        guard key.count >= 34, key[0] == UInt8(ascii: "j"), let job = Bytes32(key[1..<33]) else { return nil }
        let index = key.dropFirst(34).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (job, Character(UnicodeScalar(key[33])), index)
    }
}

/// What of a job changes besides its tasks.
struct JobHeader: Sendable {
    var isPaused = false
    var controlNumber: UInt64 = 0
    var attemptsLost: UInt32 = 0
    var facts: SceneFacts?
    var strikes: [(key: Bytes32, count: Int)] = []
    /// Secret until the commitments are anchored.
    var markKey: MarkKey?

    init(_ job: JobState) {
        isPaused = job.isPaused
        controlNumber = job.controlNumber
        attemptsLost = job.attemptsLost
        facts = job.facts
        markKey = job.marks?.key
        strikes = job.strikes.sorted { $0.key < $1.key }.map { (key: $0.key, count: $0.value) }
    }

    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bool(1, isPaused)
        writer.uint64(2, controlNumber)
        writer.uint32(3, attemptsLost)
        if let facts {
            writer.message(4) {
                $0.uint64(1, facts.bytes)
                $0.uint32(2, facts.cameras)
                $0.uint64(3, facts.triangles)
                $0.uint64(4, facts.memory)
            }
        }
        for strike in strikes {
            writer.message(5) {
                $0.bytes32(1, strike.key)
                $0.uint64(2, UInt64(clamping: strike.count))
            }
        }
        if let markKey { writer.bytes32(6, markKey.bytes) }
        return writer.bytes
    }

    init(encoded: [UInt8]) throws(WireError) {
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: isPaused = try field.bool()
            case 2: controlNumber = try field.uint64()
            case 3: attemptsLost = try field.uint32()
            case 4:
                var inner = ProtobufReader(try field.bytes())
                var (bytes, cameras, triangles, memory): (UInt64, UInt32, UInt64, UInt64) = (0, 0, 0, 0)
                while let field = try inner.next() {
                    switch field.number {
                    case 1: bytes = try field.uint64()
                    case 2: cameras = try field.uint32()
                    case 3: triangles = try field.uint64()
                    case 4: memory = try field.uint64()
                    default: break
                    }
                }
                facts = SceneFacts(bytes: bytes, cameras: cameras, triangles: triangles, memory: memory)
            case 5:
                var inner = ProtobufReader(try field.bytes())
                let (key, count) = try inner.readHashAndNumber()
                strikes.append((key: key, count: Int(count)))
            case 6: markKey = MarkKey(try field.bytes32())
            default: break
            }
        }
    }
}

/// A task as it is persisted: enough to go on with it after a restart.
struct TaskRow: Sendable {
    var state: TaskState
    var offer: Record?
    var commitment: Record?
    /// Of a decoy.
    var promise: Record?
    var reveal: Record?

    init(_ state: TaskState) {
        self.state = state
        offer = state.attempt?.record
        commitment = state.attempt?.commitment
        promise = state.attempt?.decoy?.promise
        reveal = state.attempt?.decoy?.reveal
    }

    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.uint32(1, state.attempts)
        writer.uint32(2, state.failures)
        writer.bytes32(3, state.cause)
        writer.bool(4, state.isGivenUp)
        if let accepted = state.accepted {
            writer.message(5) {
                $0.bytes32(1, accepted.worker)
                $0.uint32(2, accepted.attempt)
                $0.uint64(3, accepted.rays)
                $0.uint32(4, accepted.accepts)
                $0.uint32(5, accepted.rejects)
                $0.uint64(6, accepted.milliseconds)
                $0.bytes(7, accepted.picture.bytes)
                $0.uint64(8, accepted.rngKey)
            }
        }
        if let offer { writer.alwaysBytes(6, offer.encoded) }
        if let commitment { writer.alwaysBytes(7, commitment.encoded) }
        for key in state.barred.filter({ $0.value == .distantFuture }).keys.sorted() { writer.bytes32(8, key) }
        if let promise { writer.alwaysBytes(9, promise.encoded) }
        if let reveal { writer.alwaysBytes(10, reveal.encoded) }
        writer.uint32(11, state.decoys)
        return writer.bytes
    }

    init(encoded: [UInt8]) throws(WireError) {
        state = TaskState(cause: .zero)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: state.attempts = try field.uint32()
            case 2: state.failures = try field.uint32()
            case 3: state.cause = try field.bytes32()
            case 4: state.isGivenUp = try field.bool()
            case 5: state.accepted = try AcceptedTask(encoded: try field.bytes())
            case 6: offer = try Record(encoded: try field.bytes())
            case 7: commitment = try Record(encoded: try field.bytes())
            case 8: state.barred[try field.bytes32()] = .distantFuture
            case 9: promise = try Record(encoded: try field.bytes())
            case 10: reveal = try Record(encoded: try field.bytes())
            case 11: state.decoys = try field.uint32()
            default: break
            }
        }
    }
}

extension AcceptedTask {
    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var worker: Bytes32?
        var picture: CID?
        var (attempt, accepts, rejects): (UInt32, UInt32, UInt32) = (0, 0, 0)
        var (rays, milliseconds, rngKey): (UInt64, UInt64, UInt64) = (0, 0, 0)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: worker = try field.bytes32()
            case 2: attempt = try field.uint32()
            case 3: rays = try field.uint64()
            case 4: accepts = try field.uint32()
            case 5: rejects = try field.uint32()
            case 6: milliseconds = try field.uint64()
            case 7: picture = try CID(bytes: try field.bytes(max: 64))
            case 8: rngKey = try field.uint64()
            default: break
            }
        }
        guard let worker, let picture else { throw .missingField }
        self.init(
            worker: worker, attempt: attempt, rays: rays, accepts: accepts, rejects: rejects, milliseconds: milliseconds, picture: picture,
            rngKey: rngKey)
    }
}
