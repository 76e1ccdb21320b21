public import Wire

/// What a verb asks of a running node, on `/PREFIX/admin/1`. One request, one answer, both JSON text; see `docs/runtime.md`.
public enum AdminRequest: Hashable, Sendable {
    case status
    case peers
    case drain
    /// Roles take nothing new, or take work again.
    case pause
    /// Besides, the node leaves its network once what was begun is done, until `resume`. Not for a Manager.
    case park
    case resume
    case jobs
    /// At most `tasksMax` tasks from `firstTask` come back.
    case job(Bytes32, firstTask: UInt32)
    case control(JobControl, job: Bytes32)
    case roster
    case penalties
    /// A part of a proof bundle, which may be larger than one answer; without an attempt, of the task's last decided one.
    case proof(job: Bytes32, task: UInt32, attempt: UInt32?, offset: Int)
    /// A block of the node's store.
    case block(CID)

    public enum JobControl: String, Hashable, Sendable, CaseIterable {
        case cancel, pause, resume, retry
    }

    static let version = 1
    /// Bytes; a request names a verb and a few numbers.
    static let sizeMax = 4096
    /// Bytes of a bundle in one answer.
    static let proofPartMax = 1 << 20
}

extension AdminRequest {
    public var json: JSON {
        var members: JSON.Members = ["version": .whole(AdminRequest.version)]
        switch self {
        case .status: members.append("ask", .text("status"))
        case .peers: members.append("ask", .text("peers"))
        case .drain: members.append("ask", .text("drain"))
        case .pause: members.append("ask", .text("pause"))
        case .park: members.append("ask", .text("park"))
        case .resume: members.append("ask", .text("resume"))
        case .jobs: members.append("ask", .text("jobs"))
        case .roster: members.append("ask", .text("roster"))
        case .penalties: members.append("ask", .text("penalties"))
        case .job(let job, let firstTask):
            members.append("ask", .text("job"))
            members.append("job", .text(job.description))
            members.append("first_task", .whole(firstTask))
        case .control(let control, let job):
            members.append("ask", .text("control"))
            members.append("control", .text(control.rawValue))
            members.append("job", .text(job.description))
        case .proof(let job, let task, let attempt, let offset):
            members.append("ask", .text("proof"))
            members.append("job", .text(job.description))
            members.append("task", .whole(task))
            if let attempt { members.append("attempt", .whole(attempt)) }
            members.append("offset", .whole(offset))
        case .block(let cid):
            members.append("ask", .text("block"))
            members.append("cid", .text(cid.description))
        }
        return .object(members)
    }

    /// - Throws: a failure that is itself the answer.
    public init(bytes: [UInt8]) throws(AdminFailure) {
        guard let json = try? JSON(parsing: bytes, sizeMax: AdminRequest.sizeMax) else { throw .malformed }
        guard json["version"] == .whole(AdminRequest.version) else {
            throw AdminFailure(
                .failed, "the node speaks version \(AdminRequest.version) of its commands",
                advice: "Use the verbs of the node's own release.")
        }
        switch json["ask"]?.string {
        case "status": self = .status
        case "peers": self = .peers
        case "drain": self = .drain
        case "pause": self = .pause
        case "park": self = .park
        case "resume": self = .resume
        case "jobs": self = .jobs
        case "roster": self = .roster
        case "penalties": self = .penalties
        case "job": self = .job(try json.identifier("job"), firstTask: try json.number("first_task"))
        case "control":
            guard let control = json["control"]?.string.flatMap(JobControl.init(rawValue:)) else { throw .malformed }
            self = .control(control, job: try json.identifier("job"))
        case "proof":
            self = .proof(
                job: try json.identifier("job"), task: try json.number("task"),
                attempt: json["attempt"] == nil ? nil : try json.number("attempt"), offset: try json.number("offset"))
        case "block":
            guard let cid = json["cid"]?.string.flatMap({ CID($0) }) else { throw .malformed }
            self = .block(cid)
        default: throw .malformed
        }
    }
}

extension JSON {
    fileprivate func identifier(_ key: String) throws(AdminFailure) -> Bytes32 {
        guard let text = self[key]?.string, let value = Bytes32(hex: text) else { throw .malformed }
        return value
    }

    fileprivate func number<N: FixedWidthInteger>(_ key: String) throws(AdminFailure) -> N {
        guard let value = self[key]?.int, let number = N(exactly: value), number >= 0 else { throw .malformed }
        return number
    }
}
