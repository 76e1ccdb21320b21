import Testing

/// Which side opens the connection.
enum Dialler: CaseIterable {
    case ours
    case theirs
}

/// Against py-libp2p, an implementation that shares nothing with ours. One test at a time: each has processes of its own.
@Suite("Interoperation with py-libp2p", .serialized, .enabled(if: PythonEnvironment.interpreter != nil, "\(PythonEnvironment.skipReason)"))
struct InteropTests {}

extension World {
    /// Connects a node and a peer, from either side, and waits until both know what the other speaks.
    func connect(_ node: OverlayNode, _ peer: PythonPeer, by dialler: Dialler) throws {
        switch dialler {
        case .ours: try node.dial(peer)
        case .theirs: try peer.call("dial", ["addr": node.fullAddress])
        }
        let id = try peer.id
        try wait("our node has identified py-libp2p") { node.information[id] != nil || node.failures[id] != nil }
        try #require(node.failures[id] == nil)
        try poll("py-libp2p is connected") { try peer.call("connected", as: [String].self).contains(node.name) }
    }
}
