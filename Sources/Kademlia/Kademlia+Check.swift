internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// A connected peer that says that it serves the DHT, and has not shown it.
struct UncheckedPeer: Sendable {
    var contact: Contact
    let key: Bytes32
    /// When it is asked; `distantFuture` while the question is open.
    var due: Instant
}

/// Check before adding: identify is what a peer says of itself, and a table full of such words is an eclipse for the price of a few
/// connections. What a peer has answered stands for more: it costs it a working server.
extension Kademlia {
    /// Whether the peer has to answer a question first. Remembers it where there is room for it, here and in the table.
    mutating func isToBeChecked(_ contact: Contact, now: Instant) -> Bool {
        guard let delay = parameters.checkDelay, !table.contains(contact.id),
            !queries.indices.contains(where: { queries[$0].search.hasAnswered(contact.id) })
        else { return false }
        if let index = unchecked.indices.first(where: { unchecked[$0].contact.id == contact.id }) {
            unchecked[index].contact = contact
        } else if unchecked.count < parameters.uncheckedMax {
            let key = contact.id.dhtKey
            guard table.mayTake(contact, key: key, now: now) else { return true }
            unchecked.append(UncheckedPeer(contact: contact, key: key, due: now + delay))
        }
        return true
    }

    /// Asks those whose time has come for ourselves, as a search would. Where a search has asked already, its answer is waited for.
    mutating func checkPeers(now: Instant, emit: inout [Effect]) {
        for index in unchecked.indices where unchecked[index].due <= now {
            let peer = unchecked[index].contact
            guard !open.indices.contains(where: { open[$0].peer == peer.id }) else {
                unchecked[index].due = now + (parameters.checkDelay ?? .zero)
                continue
            }
            unchecked[index].due = .distantFuture
            let id = nextRequestID()
            open.append(OpenRequest(id: id, peer: peer.id, purpose: .check))
            let message = KademliaMessage(kind: .findNode, key: localID.bytes).encode()
            emit.append(.request(id, to: peer.id, at: peer.addresses.multiaddrs, message, timeout: parameters.requestTimeout))
        }
    }

    @discardableResult
    mutating func forgetUnchecked(_ id: PeerID) -> UncheckedPeer? {
        guard let index = unchecked.indices.first(where: { unchecked[$0].contact.id == id }) else { return nil }
        defer { if unchecked.isEmpty { unchecked = [] } }
        return unchecked.remove(at: index)
    }
}
