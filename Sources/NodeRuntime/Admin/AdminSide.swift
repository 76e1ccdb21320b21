public import Crypto
internal import Identity
internal import Logging
internal import Node
public import Roles
public import Wire

/// Answers commands of those who may give them: whoever holds the directory's admin key, and the peers that were authorised besides.
final class AdminSide {
    private var authorised: Set<PeerID>

    /// Reads the directory's admin key, or makes one at the first start (mode 0600).
    ///
    /// - Parameter others: peers that may give commands too.
    init(places: Places, others: [PeerID]) throws(DaemonError) {
        authorised = Set(others + [PeerID(ed25519: try AdminKey.obtain(places).publicKey)])
    }

    /// - Parameter respond: called once, with nil where nothing is told to such a peer.
    func answer(_ bytes: [UInt8], from peer: PeerID, of daemon: NodeDaemon, respond: @escaping ([UInt8]?) -> Void) {
        guard authorised.contains(peer) else {
            daemon.log.warning("command refused: the key is not authorised", metadata: ["peer": "\(peer)"])
            return respond(nil)
        }
        do throws(AdminFailure) {
            answer(try AdminRequest(bytes: bytes), of: daemon) { respond($0.bytes) }
        } catch {
            respond(AdminAnswer.failed(error).bytes)
        }
    }

    private func answer(_ request: AdminRequest, of daemon: NodeDaemon, respond: @escaping (AdminAnswer) -> Void) {
        switch request {
        case .status: StatusReport.gather(daemon) { respond(.done($0)) }
        case .peers: respond(.done(StatusReport.peers(daemon)))
        case .drain:
            respond(.done(.object(["draining": .boolean(true)])))
            daemon.drain()
        case .pause: commandAll(.pause, of: daemon, respond)
        case .park:
            guard daemon.settings.roles.allSatisfy({ $0 == .worker || $0 == .verifier }) else {
                let failure = AdminFailure(
                    .failed, "only Workers and Verifiers can be parked: others rely on a Manager", advice: "End it: node drain")
                return respond(.failed(failure))
            }
            commandAll(.park, of: daemon, respond)
        case .resume: commandAll(.resume, of: daemon, respond)
        case .jobs: ask(.jobs, of: daemon, respond)
        case .job(let job, let firstTask): ask(.job(JobStatusQuery(job: job, firstTask: firstTask)), of: daemon, respond)
        case .roster: ask(.roster, of: daemon, respond)
        case .penalties: ask(.penalties, of: daemon, respond)
        case .control(let control, let job):
            guard let role = jobRole(of: daemon) else { return respond(.failed(AdminFailure(.unsupported))) }
            daemon.command(role, control.command(job)) { respond(AdminAnswer($0)) }
        case .block(let cid): block(cid, of: daemon, respond)
        case .proof(let job, let task, let attempt, let offset):
            guard let role = jobRole(of: daemon) else { return respond(.failed(AdminFailure(.unsupported))) }
            daemon.ask(role, .proof(job: job, task: task, attempt: attempt)) { respond(AdminAnswer($0, proofOffset: offset)) }
        }
    }

    private func block(_ cid: CID, of daemon: NodeDaemon, _ respond: @escaping (AdminAnswer) -> Void) {
        daemon.storage.read(cid) { bytes in
            guard let bytes else { return respond(.failed(AdminFailure(.failed, "block \(cid) is not in the store of this node"))) }
            respond(.done(.object(["cid": .text(cid.description), "bytes": .text(Hex.encode(bytes))])))
        }
    }

    /// The role that knows jobs as a whole.
    private func jobRole(of daemon: NodeDaemon) -> RoleName? {
        [RoleName.manager, .client].first { daemon.settings.roles.contains($0) }
    }

    private func ask(_ query: RoleQuery, of daemon: NodeDaemon, _ respond: @escaping (AdminAnswer) -> Void) {
        guard let role = jobRole(of: daemon) else { return respond(.failed(AdminFailure(.unsupported))) }
        daemon.ask(role, query) { respond(AdminAnswer($0)) }
    }

    /// Tells every role; answers when the last has answered.
    private func commandAll(_ command: RoleCommand, of daemon: NodeDaemon, _ respond: @escaping (AdminAnswer) -> Void) {
        let roles = daemon.settings.roles
        guard !roles.isEmpty else { return respond(.failed(AdminFailure(.unsupported))) }
        var left = roles.count
        var failure: AdminFailure?
        for role in roles {
            daemon.command(role, command) { answer in
                if case .failed(let reason) = answer { failure = AdminFailure(reason) }
                left -= 1
                if left == 0 { respond(failure.map(AdminAnswer.failed) ?? .done(.object(["done": .boolean(true)]))) }
            }
        }
    }
}

extension AdminRequest.JobControl {
    public func command(_ job: Bytes32) -> RoleCommand {
        switch self {
        case .cancel: .cancel(job: job)
        case .pause: .pauseJob(job: job)
        case .resume: .resumeJob(job: job)
        case .retry: .retry(job: job)
        }
    }
}

extension AdminAnswer {
    /// - Parameter proofOffset: where in the bundle the answer begins.
    public init(_ answer: RoleAnswer, proofOffset: Int = 0) {
        switch answer {
        case .done: self = .done(.object(["done": .boolean(true)]))
        case .submitted(let job): self = .done(.object(["job": .text(job.description)]))
        case .delivered(let status), .job(let status): self = .done(JSON(status))
        case .status(let status): self = .done(JSON(status))
        case .jobs(let list): self = .done(.object(["jobs": .array(list.map(JSON.init))]))
        case .roster(let list): self = .done(.object(["roster": .array(list.map(JSON.init))]))
        case .penalties(let list): self = .done(.object(["penalties": .array(list.map(JSON.init))]))
        case .proof(let bundle):
            let start = min(proofOffset, bundle.count)
            let part = Hex.encode(bundle[start..<min(start + AdminRequest.proofPartMax, bundle.count)])
            let members: JSON.Members = ["size": .whole(bundle.count), "offset": .whole(start), "part": .text(part)]
            self = .done(.object(members))
        case .failed(let failure): self = .failed(AdminFailure(failure))
        }
    }
}

/// The key that authorises commands: made at the first start of a data directory.
public enum AdminKey {

    /// - Throws: where the file cannot be read, is open to others, or is no key file.
    public static func obtain(_ places: Places) throws(DaemonError) -> KeyPair { try PlainKey.obtain(places.adminKey) }
}
