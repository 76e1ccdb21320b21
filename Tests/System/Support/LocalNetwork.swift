import Crypto
import EventLoop
import Identity
import NodeRuntime
import Testing
import Wire

/// A network on loopback whose processes a test kills, stops and starts one by one. Everybody joins through the bootstrap peer alone.
final class LocalNetwork {
    struct Member {
        let role: NodeRole
        let places: Places
        var process: SiteProcess
        let program: String
        let arguments: [String]

        var name: String { process.name }
        /// As jobs and penalties name it.
        var peer: String { (try? PlainKey.obtain(places.key)).map { "\(PeerID(ed25519: $0.publicKey))" } ?? "" }
    }

    let site: Site
    private(set) var members: [String: Member] = [:]
    private(set) var bootstrap: SiteProcess
    private var definition = NetworkDefinition()

    var definitionFile: String { site.path("network.toml") }
    var manager: Member { get throws { try member("manager") } }

    /// Starts a network and waits until all of it is registered.
    ///
    /// - Parameter markedFrom: pixels of a tile's side from which on it carries marks.
    /// - Parameter decoys: attempts of a thousand that are one.
    convenience init(_ site: Site, workers: Int, verifiers: Int, markedFrom side: Int = 256, decoys: Int = 0) throws {
        try self.init(site, markedFrom: side, decoys: decoys)
        for number in 0..<workers { try start("worker-\(number + 1)", .worker) }
        for number in 0..<verifiers { try start("verifier-\(number + 1)", .verifier) }
        try waitUntilReady()
    }

    /// Starts the bootstrap peer and the Manager.
    private init(_ site: Site, markedFrom side: Int, decoys: Int) throws {
        self.site = site
        definition.decoys = decoys
        definition.marks.tileSideMin = side
        definition.name = "system"
        definition.protocolPrefix = "inferix-system"
        let managerKey = try LocalNetwork.key(site, "manager")
        definition.managers = [PeerID(ed25519: managerKey.publicKey)]
        _ = try LocalNetwork.key(site, "bootstrap")
        try LocalNetwork.write(definition, site)
        bootstrap = try site.start(
            "bootstrap", Binaries.bootstrap, ["--data", site.path("bootstrap")] + LocalNetwork.common(site))
        let process = bootstrap
        try site.wait("the bootstrap peer listens") { !process.output.isEmpty || !process.isRunning }
        definition.bootstrap = process.output.compactMap { Multiaddr(String($0.dropFirst("listening ".count))) }
        try #require(!definition.bootstrap.isEmpty, "the bootstrap peer does not listen: \(process.errorText)")
        try LocalNetwork.write(definition, site)
        try start("manager", .manager)
    }

    private static func key(_ site: Site, _ name: String) throws -> KeyPair {
        try TextFile.makeDirectory(site.path(name), mode: 0o700)
        return try PlainKey.obtain(site.path(name) + "/node.key")
    }

    private static func write(_ definition: NetworkDefinition, _ site: Site) throws {
        try TextFile.write(Array(definition.text.utf8), to: site.path("network.toml"))
    }

    private static func common(_ site: Site) -> [String] {
        ["--network", site.path("network.toml"), "--listen", "/ip4/127.0.0.1/tcp/0", "--supervised"]
    }

    func member(_ name: String) throws -> Member { try #require(members[name], "there is no \(name)") }

    /// Starts a node of the shipped binary; Workers render with one thread of the processor.
    func start(_ name: String, _ role: NodeRole) throws {
        let device = role == .worker ? ["--device", "native", "--threads", "1"] : []
        try start(name, role, Binaries.node, ["--role", role.rawValue] + device)
    }

    /// Starts a Worker that cheats.
    func startCheat(_ name: String, _ cheat: String, folder: String = ".") throws {
        try start(
            name, .worker, Binaries.dishonestNode, ["--cheat", cheat, "--folder", folder, "--node", Binaries.node])
    }

    /// Starts a Verifier that cheats.
    ///
    /// - Parameter accomplice: a member that is started.
    func startFalseVerifier(_ name: String, _ verdicts: String, accomplice: String? = nil) throws {
        let peer = try accomplice.map { ["--accomplice", try member($0).peer] } ?? []
        try start(
            name, .verifier, Binaries.dishonestNode, ["--verdicts", verdicts, "--node", Binaries.node] + peer)
    }

    private func start(_ name: String, _ role: NodeRole, _ program: String, _ arguments: [String]) throws {
        _ = try LocalNetwork.key(site, name)
        let places = Places(directory: site.path(name))
        let arguments = arguments + ["--data", places.data] + LocalNetwork.common(site)
        let process = try site.start(name, program, arguments)
        members[name] = Member(role: role, places: places, process: process, program: program, arguments: arguments)
    }

    /// Starts a node again that has ended, with the same data directory.
    func restart(_ name: String) throws {
        let member = try member(name)
        try site.wait("\(name) has ended") { !member.process.isRunning }
        members[name]?.process = try site.start(name, member.program, member.arguments)
    }

    /// Ends a process as a power cut would.
    func kill(_ name: String) throws {
        let process = try member(name).process
        process.signal(9)
        try site.wait("\(name) is dead") { !process.isRunning }
    }

    /// Sends SIGTERM and waits for the end.
    /// - Returns: the exit status.
    func stop(_ name: String, _ location: SourceLocation = #_sourceLocation) throws -> Int32 {
        let process = try member(name).process
        process.signal(15)
        try site.wait("\(name) ends", location) { !process.isRunning }
        return try #require(process.status)
    }

    // MARK: Asking

    /// Waits until every Worker and Verifier that runs is registered.
    func waitUntilReady(_ location: SourceLocation = #_sourceLocation) throws {
        let running = members.values.filter(\.process.isRunning)
        let (workers, verifiers) = (running.count { $0.role == .worker }, running.count { $0.role == .verifier })
        try site.poll("everybody is registered", location) {
            let role = try managerRole()
            return role?["workers"]?.int == workers && role?["verifiers"]?.int == verifiers
        }
    }

    /// Waits until the draws know everybody that is registered: a member takes part from the second round after its own on.
    func waitUntilDrawable(_ location: SourceLocation = #_sourceLocation) throws {
        let first = try #require(try managerRole()?["round"]?.int, sourceLocation: location)
        try site.poll("two rounds are closed", location) { try managerRole()?["round"]?.int ?? 0 > first + 2 }
    }

    /// What the Manager says about itself.
    func managerRole() throws -> JSON? { try role(of: "manager") }

    /// What a node says about its role; nil while it does not answer.
    func role(of name: String) throws -> JSON? { try site.ask(.status, of: try member(name).places)?["roles"]?.elements.first }

    /// A Verifier that has a duty.
    func verifierOnDuty(_ location: SourceLocation = #_sourceLocation) throws -> String {
        let verifiers = members.values.filter { $0.role == .verifier }.map(\.name)
        var found: String?
        try site.poll("a Verifier has a duty", location) {
            found = try verifiers.first { try role(of: $0)?["active"]?.int ?? 0 > 0 }
            return found != nil
        }
        return try #require(found, sourceLocation: location)
    }

    /// Where a job is, with its tasks; nil while the Manager does not answer.
    func job(_ id: String) throws -> JSON? {
        try site.ask(.job(try #require(Bytes32(hex: id)), firstTask: 0), of: try manager.places)
    }

    func penalties() throws -> [JSON] { try site.ask(.penalties, of: try manager.places)?["penalties"]?.elements ?? [] }
}
