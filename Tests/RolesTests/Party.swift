import Crypto
import Determinism
import Identity
import LibP2P
import ProofOfRender
import Wire

@testable import Roles

/// One role of any kind.
enum AnyRole {
    case manager(ManagerRole)
    case worker(WorkerRole)
    case verifier(VerifierRole)
    case client(ClientRole)

    mutating func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        switch self {
        case .manager(var role):
            role.handle(input, now: now, emit: &emit)
            self = .manager(role)
        case .worker(var role):
            role.handle(input, now: now, emit: &emit)
            self = .worker(role)
        case .verifier(var role):
            role.handle(input, now: now, emit: &emit)
            self = .verifier(role)
        case .client(var role):
            role.handle(input, now: now, emit: &emit)
            self = .client(role)
        }
    }

    mutating func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        switch self {
        case .manager(var role):
            role.handleDeadline(now: now, emit: &emit)
            self = .manager(role)
        case .worker(var role):
            role.handleDeadline(now: now, emit: &emit)
            self = .worker(role)
        case .verifier(var role):
            role.handleDeadline(now: now, emit: &emit)
            self = .verifier(role)
        case .client(var role):
            role.handleDeadline(now: now, emit: &emit)
            self = .client(role)
        }
    }

    var nextDeadline: Instant? {
        switch self {
        case .manager(let role): role.nextDeadline
        case .worker(let role): role.nextDeadline
        case .verifier(let role): role.nextDeadline
        case .client(let role): role.nextDeadline
        }
    }
}

/// A node of the harness: a role, its disk, and whether it is up.
struct Party {
    let name: String
    let keys: RoleKeys
    let make: () -> AnyRole
    var role: AnyRole
    var isUp = true
    /// Raised at every crash: what was on its way to an earlier life is dropped.
    var life = 0
    /// Says nothing and hears nothing, but lives.
    var isSilent = false
    var blocks: [CID: [UInt8]] = [:]
    var scopes: [CID: Set<Bytes32>] = [:]
    var table: [[UInt8]: [UInt8]] = [:]
    /// The disk takes no more blocks.
    var isDiskFull = false

    init(name: String, keys: RoleKeys, make: @escaping () -> AnyRole) {
        self.name = name
        self.keys = keys
        self.make = make
        role = make()
    }

    var peer: PeerID { keys.peer }

    mutating func store(_ cid: CID, _ bytes: [UInt8], scope: Bytes32) {
        blocks[cid] = bytes
        scopes[cid, default: []].insert(scope)
    }

    mutating func release(scope: Bytes32) {
        for cid in Array(scopes.keys) where scopes[cid]?.remove(scope) != nil && scopes[cid]?.isEmpty == true {
            blocks[cid] = nil
            scopes[cid] = nil
        }
    }

    func rows(prefix: [UInt8], from: [UInt8], countMax: Int) -> [StoredEntry] {
        table.filter { $0.key.starts(with: prefix) && !$0.key.lexicographicallyPrecedes(from) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(countMax).map { StoredEntry(key: $0.key, value: $0.value) }
    }
}
