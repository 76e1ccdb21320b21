/// Why a command was not carried out, with the exit status of the verb that asked.
public struct AdminFailure: Error, Hashable, Sendable {
    public let status: DaemonError.Status
    public let problem: String
    public let advice: String

    public init(_ status: DaemonError.Status, _ problem: String, advice: String = "") {
        self.status = status
        self.problem = problem
        self.advice = advice
    }

    static let malformed = AdminFailure(
        .failed, "the node does not understand this command", advice: "Use the verbs of the node's own release.")

    public var error: DaemonError { DaemonError(status, problem, advice: advice) }
}

/// The answer to an `AdminRequest`: `{"version":1,"answer":…}` or `{"version":1,"failure":{…}}`. A verb with `--json` prints
/// what is under `answer` as it is.
public enum AdminAnswer: Hashable, Sendable {
    case done(JSON)
    case failed(AdminFailure)

    /// Bytes: what one message of the protocol may hold.
    static let sizeMax = 4 << 20

    public var bytes: [UInt8] {
        var members: JSON.Members = ["version": .whole(AdminRequest.version)]
        switch self {
        case .done(let answer): members.append("answer", answer)
        case .failed(let failure):
            members.append(
                "failure",
                .object(["status": .whole(failure.status.rawValue), "problem": .text(failure.problem), "advice": .text(failure.advice)]))
        }
        return Array(JSON.object(members).text.utf8)
    }

    public init(bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes, sizeMax: AdminAnswer.sizeMax) else {
            self = .failed(AdminFailure(.failed, "the node's answer is no JSON"))
            return
        }
        if let answer = json["answer"] {
            self = .done(answer)
        } else if let failure = json["failure"], let problem = failure["problem"]?.string {
            let status = failure["status"]?.int.flatMap { DaemonError.Status(rawValue: Int32(clamping: $0)) } ?? .failed
            self = .failed(AdminFailure(status, problem, advice: failure["advice"]?.string ?? ""))
        } else {
            self = .failed(AdminFailure(.failed, "the node's answer is of another version"))
        }
    }
}
