import Crypto
import Determinism
import Identity
import LibP2P
import ProofOfRender
import Wire

@testable import Roles

/// One role of any kind, changed in place.
final class AnyRole {
    var manager: ManagerRole?
    var worker: WorkerRole?
    var verifier: VerifierRole?
    var client: ClientRole?

    init(_ role: ManagerRole) { manager = role }
    init(_ role: WorkerRole) { worker = role }
    init(_ role: VerifierRole) { verifier = role }
    init(_ role: ClientRole) { client = role }

    func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        manager?.handle(input, now: now, emit: &emit)
        worker?.handle(input, now: now, emit: &emit)
        verifier?.handle(input, now: now, emit: &emit)
        client?.handle(input, now: now, emit: &emit)
    }

    func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        manager?.handleDeadline(now: now, emit: &emit)
        worker?.handleDeadline(now: now, emit: &emit)
        verifier?.handleDeadline(now: now, emit: &emit)
        client?.handleDeadline(now: now, emit: &emit)
    }

    var nextDeadline: Instant? {
        manager?.nextDeadline ?? worker?.nextDeadline ?? verifier?.nextDeadline ?? client?.nextDeadline
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
