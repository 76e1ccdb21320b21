internal import ProofOfRender
internal import RenderModel
public import Wire

extension JobStatusQuery {
    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes32(1, job)
        writer.uint32(2, firstTask)
        writer.uint32(3, taskCount)
        return writer.bytes
    }

    public init(encoded: [UInt8]) throws(WireError) {
        var job: Bytes32?
        var (first, count): (UInt32, UInt32) = (0, 0)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: first = try field.uint32()
            case 3: count = try field.uint32()
            default: break
            }
        }
        guard let job else { throw .missingField }
        guard count <= JobStatusQuery.tasksMax else { throw .outOfBounds }
        self.init(job: job, firstTask: first, taskCount: count)
    }
}

extension TaskStatus {
    func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, index)
        writer.uint32(2, frame)
        writer.message(3) { tile.write(to: &$0) }
        writer.uint32(4, phase.rawValue)
        if let worker { writer.bytes32(5, worker) }
        writer.uint32(6, attempts)
        writer.uint32(7, permille)
        writer.uint64(8, rays)
        writer.uint32(9, accepts)
        writer.uint32(10, rejects)
        writer.uint64(11, renderMilliseconds)
        if let picture { writer.bytes(12, picture.bytes) }
        if let rngKey { writer.uint64(13, rngKey) }
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        self.init(index: 0, frame: 0, tile: Tile(x: 0, y: 0, width: 0, height: 0), phase: .waiting)
        var parsed: TaskPhase?
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: index = try field.uint32()
            case 2: frame = try field.uint32()
            case 3: tile = try Tile(encoded: try field.bytes(max: 64))
            case 4: parsed = TaskPhase(rawValue: try field.uint32())
            case 5: worker = try field.bytes32()
            case 6: attempts = try field.uint32()
            case 7: permille = try field.uint32()
            case 8: rays = try field.uint64()
            case 9: accepts = try field.uint32()
            case 10: rejects = try field.uint32()
            case 11: renderMilliseconds = try field.uint64()
            case 12: picture = try CID(bytes: try field.bytes(max: 64))
            case 13: rngKey = try field.uint64()
            default: break
            }
        }
        guard let parsed else { throw .missingField }
        phase = parsed
    }
}

extension JobStatus {
    public var encoded: [UInt8] {
        var writer = ProtobufWriter(reserving: 128 + tasks.count * 128)
        writer.bytes32(1, job)
        writer.uint32(2, phase.rawValue)
        writer.uint64(3, milliseconds)
        writer.uint64(4, round)
        writer.uint32(5, tasksTotal)
        writer.uint32(6, tasksVerified)
        writer.uint32(7, attemptsLost)
        writer.uint64(8, rays)
        writer.uint32(9, accepts)
        writer.uint32(10, rejects)
        for task in tasks { writer.message(11) { task.write(to: &$0) } }
        for reason in reasons {
            let (code, a, b) = reason.code
            writer.message(12) {
                $0.uint32(1, code)
                $0.uint64(2, a)
                $0.uint64(3, b)
            }
        }
        writer.uint64(13, controlNumber)
        return writer.bytes
    }

    /// Reasons of a later version are left out.
    public init(encoded: [UInt8], tasksMax: Int = JobStatusQuery.tasksMax) throws(WireError) {
        var job: Bytes32?
        var phase: JobPhase?
        self.init(job: .zero, phase: .requested)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: phase = JobPhase(rawValue: try field.uint32())
            case 3: milliseconds = try field.uint64()
            case 4: round = try field.uint64()
            case 5: tasksTotal = try field.uint32()
            case 6: tasksVerified = try field.uint32()
            case 7: attemptsLost = try field.uint32()
            case 8: rays = try field.uint64()
            case 9: accepts = try field.uint32()
            case 10: rejects = try field.uint32()
            case 11:
                guard tasks.count < tasksMax else { throw .outOfBounds }
                tasks.append(try TaskStatus(encoded: try field.bytes()))
            case 12:
                guard reasons.count < JobStatus.reasonsMax else { throw .outOfBounds }
                if let reason = try WhyReason(encoded: try field.bytes(max: 32)) { reasons.append(reason) }
            case 13: controlNumber = try field.uint64()
            default: break
            }
        }
        guard let job, let phase else { throw .missingField }
        self.job = job
        self.phase = phase
    }
}

extension WhyReason {
    init?(encoded: ArraySlice<UInt8>) throws(WireError) {
        var code: UInt32 = 0
        var (a, b): (UInt64, UInt64) = (0, 0)
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: code = try field.uint32()
            case 2: a = try field.uint64()
            case 3: b = try field.uint64()
            default: break
            }
        }
        self.init(code: code, a, b)
    }
}
