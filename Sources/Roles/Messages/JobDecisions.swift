public import Identity
public import Wire

/// The Manager's decision on how a job is cut. Every offer of a first attempt cites it.
public struct JobPlan: RecordBody {
    public static let type = RecordType.jobPlan

    public var job: RecordID
    public var term: UInt64
    /// Tiles start at multiples of this size; those at the right and lower border may be smaller. Multiples of 8.
    public var tileWidth: UInt32
    public var tileHeight: UInt32
    public var taskCount: UInt32
    /// Seed of all random numbers of the job, fixed before the first offer.
    public var seed: UInt64
    /// Verdicts that decide, m.
    public var verdicts: UInt32
    public var rayChallenges: UInt32
    public var areaChallenges: UInt32
    public var profile: Bytes32
    /// Bytes that the engine needs for the scene.
    public var memory: UInt64

    public init(
        job: RecordID, term: UInt64, tileWidth: UInt32, tileHeight: UInt32, taskCount: UInt32, seed: UInt64, verdicts: UInt32,
        rayChallenges: UInt32, areaChallenges: UInt32, profile: Bytes32, memory: UInt64
    ) {
        self.job = job
        self.term = term
        self.tileWidth = tileWidth
        self.tileHeight = tileHeight
        self.taskCount = taskCount
        self.seed = seed
        self.verdicts = verdicts
        self.rayChallenges = rayChallenges
        self.areaChallenges = areaChallenges
        self.profile = profile
        self.memory = memory
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job, profile: Bytes32?
        var (term, seed, memory): (UInt64, UInt64, UInt64) = (0, 0, 0)
        var numbers = [UInt32](repeating: 0, count: 12)
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: term = try field.uint64()
            case 3, 4, 5, 7, 8, 9: numbers[Int(field.number)] = try field.uint32()
            case 6: seed = try field.uint64()
            case 10: profile = try field.bytes32()
            case 11: memory = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let job, let profile else { throw .missingField }
        guard numbers[3] > 0, numbers[3].isMultiple(of: 8), numbers[4] > 0, numbers[4].isMultiple(of: 8), numbers[5] > 0 else {
            throw .outOfBounds
        }
        self.init(
            job: job, term: term, tileWidth: numbers[3], tileHeight: numbers[4], taskCount: numbers[5], seed: seed, verdicts: numbers[7],
            rayChallenges: numbers[8], areaChallenges: numbers[9], profile: profile, memory: memory)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint64(2, term)
        writer.uint32(3, tileWidth)
        writer.uint32(4, tileHeight)
        writer.uint32(5, taskCount)
        writer.uint64(6, seed)
        writer.uint32(7, verdicts)
        writer.uint32(8, rayChallenges)
        writer.uint32(9, areaChallenges)
        writer.bytes32(10, profile)
        writer.uint64(11, memory)
    }
}

/// The Manager's promise to the client: from here on the job is not lost.
public struct JobAccepted: RecordBody {
    public static let type = RecordType.jobAccepted

    public var job: RecordID
    public var plan: RecordID

    public init(job: RecordID, plan: RecordID) {
        self.job = job
        self.plan = plan
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (job, plan) = try reader.readTwoHashes()
        self.init(job: job, plan: plan)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.bytes32(2, plan)
    }
}

/// The decision that ends a job.
public struct JobEnd: RecordBody {
    public static let type = RecordType.jobEnd

    public var job: RecordID
    /// `verified`, `failed` or `cancelled`.
    public var outcome: JobPhase
    public var tasksAccepted: UInt32
    /// Of accepted attempts.
    public var rays: UInt64

    public init(job: RecordID, outcome: JobPhase, tasksAccepted: UInt32, rays: UInt64) {
        self.job = job
        self.outcome = outcome
        self.tasksAccepted = tasksAccepted
        self.rays = rays
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job: Bytes32?
        var (outcome, tasks): (UInt32, UInt32) = (0, 0)
        var rays: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: outcome = try field.uint32()
            case 3: tasks = try field.uint32()
            case 4: rays = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let job else { throw .missingField }
        guard let phase = JobPhase(rawValue: outcome), phase.isFinal else { throw .outOfBounds }
        self.init(job: job, outcome: phase, tasksAccepted: tasks, rays: rays)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, outcome.rawValue)
        writer.uint32(3, tasksAccepted)
        writer.uint64(4, rays)
    }
}

/// The client changes what is to become of its job. A higher number supersedes lower ones; an old one is answered and ignored.
public struct JobControl: RecordBody {
    public static let type = RecordType.jobControl

    public enum Action: UInt32, Hashable, Sendable, CaseIterable {
        case cancel = 1
        case pause = 2
        case resume = 3
        case retry = 4
    }

    public var job: RecordID
    public var action: Action
    /// Starts at 1.
    public var number: UInt64

    public init(job: RecordID, action: Action, number: UInt64) {
        self.job = job
        self.action = action
        self.number = number
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job: Bytes32?
        var action: Action?
        var number: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2:
                action = Action(rawValue: try field.uint32())
                if action == nil { throw .outOfBounds }
            case 3: number = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let job, let action, number > 0 else { throw .missingField }
        self.init(job: job, action: action, number: number)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, action.rawValue)
        writer.uint64(3, number)
    }
}

extension ProtobufReader {
    /// A message of two hashes, numbers 1 and 2.
    mutating func readTwoHashes() throws(WireError) -> (Bytes32, Bytes32) {
        var first, second: Bytes32?
        while let field = try next() {
            switch field.number {
            case 1: first = try field.bytes32()
            case 2: second = try field.bytes32()
            default: throw .notCanonical
            }
        }
        guard let first, let second else { throw .missingField }
        return (first, second)
    }

    /// A message of a hash, number 1, and a small number, number 2.
    mutating func readHashAndNumber() throws(WireError) -> (Bytes32, UInt32) {
        var hash: Bytes32?
        var number: UInt32 = 0
        while let field = try next() {
            switch field.number {
            case 1: hash = try field.bytes32()
            case 2: number = try field.uint32()
            default: throw .notCanonical
            }
        }
        guard let hash else { throw .missingField }
        return (hash, number)
    }
}
