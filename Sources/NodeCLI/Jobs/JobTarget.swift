internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import Roles
internal import Wire

/// Whom the verbs of jobs ask: a client process of this data directory that still runs, a client of our own in the network, or
/// the running node.
struct JobTarget: ParsableArguments {
    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions

    /// - Parameter text: a job's id or its first digits.
    func with<R>(_ text: String, _ body: (any JobHandle) throws -> R) throws -> R {
        let places = try data.places()
        if !network.isGiven, (try? RunFile.read(places)) != nil {
            let known = try AdminClient.ask(.jobs, of: places)["jobs"]?.elements.compactMap {
                $0["job"]?.string.flatMap { Bytes32(hex: $0) }
            }
            return try body(NodeJob(places: places, job: try resolve(text, among: known ?? [])))
        }
        let job = try resolve(text, among: ClientDirectory.jobs(below: places).map(\.job))
        switch try ClientDirectory.owner(of: job, below: places) {
        case .running(let client): return try body(NodeJob(places: client, job: job))
        case .free(let directory): return try withSession(directory) { try body(ClientJob(session: $0, job: job)) }
        case .unknown: return try withSession(try ClientDirectory.open(below: places)) { try body(ClientJob(session: $0, job: job)) }
        }
    }

    func withSession<R>(_ directory: ClientDirectory, _ body: (ClientSession) throws -> R) throws -> R {
        let session = try network.session(data) { directory }
        defer { session.end() }
        try session.join()
        return try body(session)
    }

    /// Every job that the target knows, newest state of each.
    func list() throws -> [JSON] {
        let places = try data.places()
        if !network.isGiven, (try? RunFile.read(places)) != nil {
            return try AdminClient.ask(.jobs, of: places)["jobs"]?.elements ?? []
        }
        var list: [JSON] = []
        for (client, jobs) in ClientDirectory.clients(below: places) {
            let directory = try ClientDirectory.open(client, below: places)
            let statuses: [JSON]
            if let directory {
                statuses = try withSession(directory) { session in jobs.map { (try? JSON(session.status(of: $0.job))) ?? unknown($0.job) } }
            } else {
                let own = ClientDirectory.places(client, below: places)
                statuses = jobs.map { (try? AdminClient.ask(.job($0.job, firstTask: 0), of: own)) ?? unknown($0.job) }
            }
            list += zip(statuses, jobs).map { $0.adding("scene", $1.description["scene"] ?? .null) }
        }
        return list
    }

    private func unknown(_ job: Bytes32) -> JSON { .object(["job": .text(job.description), "phase": "unknown"]) }

    private func resolve(_ text: String, among known: [Bytes32]) throws -> Bytes32 {
        if let job = Bytes32(hex: text.lowercased()) { return job }
        let found = Set(known).filter { $0.description.hasPrefix(text.lowercased()) }
        guard text.count >= 4, found.count == 1, let job = found.first else {
            throw CommandFailure(
                .failed, found.count > 1 ? "\(found.count) jobs begin with \(text)" : "there is no job \(text) here",
                advice: "See: node job ls")
        }
        return job
    }
}

/// One job, wherever it is known.
protocol JobHandle {
    func status() throws -> JSON
    func control(_ control: AdminRequest.JobControl) throws -> JSON
    /// The proof bundle of a task's attempt, by default of the last that verdicts decided.
    func proof(task: UInt32, attempt: UInt32?) throws -> [UInt8]
    /// A block of the store behind this handle; nil where it is not there.
    func block(_ cid: CID) throws -> [UInt8]?
    /// Between two looks.
    func pause(seconds: Int) throws
}

/// Asks a running process.
struct NodeJob: JobHandle {
    let places: Places
    let job: Bytes32

    func status() throws -> JSON {
        var status = try AdminClient.ask(.job(job, firstTask: 0), of: places)
        var tasks = status["tasks"]?.elements ?? []
        while tasks.count < status["tasks_total"]?.int ?? 0 {
            let more = try AdminClient.ask(.job(job, firstTask: UInt32(clamping: tasks.count)), of: places)["tasks"]?.elements ?? []
            if more.isEmpty { break }
            tasks += more
        }
        status = status.replacing("tasks", .array(tasks))
        return status
    }

    func control(_ control: AdminRequest.JobControl) throws -> JSON { try AdminClient.ask(.control(control, job: job), of: places) }

    func proof(task: UInt32, attempt: UInt32?) throws -> [UInt8] {
        var bundle: [UInt8] = []
        while true {
            let part = try AdminClient.ask(.proof(job: job, task: task, attempt: attempt, offset: bundle.count), of: places)
            guard let bytes = part["part"]?.string.flatMap({ Hex.decode($0) }), let size = part["size"]?.int else {
                throw CommandFailure(.failed, "the node's answer is no part of a proof")
            }
            bundle += bytes
            if bytes.isEmpty || bundle.count >= size { return bundle }
        }
    }

    func block(_ cid: CID) throws -> [UInt8]? {
        try AdminClient.ask(.block(cid), of: places)["bytes"]?.string.flatMap { Hex.decode($0) }
    }

    func pause(seconds: Int) throws { Pause.wait(seconds: seconds) }
}

/// Asks the Manager as the client that submitted.
struct ClientJob: JobHandle {
    let session: ClientSession
    let job: Bytes32

    func status() throws -> JSON { JSON(try session.status(of: job)) }

    func control(_ control: AdminRequest.JobControl) throws -> JSON {
        switch AdminAnswer(try session.command(control.command(job))) {
        case .done(let answer): return answer
        case .failed(let failure): throw failure.error
        }
    }

    func proof(task: UInt32, attempt: UInt32?) throws -> [UInt8] {
        switch try session.ask(.proof(job: job, task: task, attempt: attempt)) {
        case .proof(let bytes): return bytes
        case .failed(let failure): throw AdminFailure(failure).error
        default: throw CommandFailure(.failed, "the Manager's answer is no proof")
        }
    }

    /// A client's store does not keep a scene longer than its Manager needs to fetch it.
    func block(_ cid: CID) throws -> [UInt8]? { nil }

    func pause(seconds: Int) throws { try session.pause(.seconds(seconds)) }
}
