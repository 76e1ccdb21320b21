internal import Identity

/// Of the protocols that have several ids, which one a peer is spoken to with. Gossip alone has: 1.2 and 1.1.
enum ProtocolVariants: Equatable {
    case newest
    case oldest
}

/// The wire ids of the protocols, both ways, for one network prefix.
struct ProtocolTable: Sendable {
    private struct Entry {
        let identifier: [UInt8]
        /// Header and proposal as they go out, so that opening a stream copies and allocates nothing for them.
        let opening: [UInt8]

        init(_ identifier: [UInt8]) {
            self.identifier = identifier
            var opening: [UInt8] = []
            MultistreamDialer([identifier]).start(&opening)
            self.opening = opening
        }
    }

    /// By protocol, then in the order of preference; never empty.
    private let entries: [[Entry]]
    private let names: [[UInt8]: ProtocolName]

    /// Ids that are accepted beside those that are announced.
    private static let aliases: [(String, ProtocolName)] = [("/meshsub/1.0.0", .gossip)]

    init(prefix: String) {
        var names: [[UInt8]: ProtocolName] = [:]
        entries = ProtocolName.allCases.map { name in
            let ids = name.identifiers(prefix: prefix).map { Array($0.utf8) }
            for id in ids { names[id] = name }
            return ids.map { Entry($0) }
        }
        for (alias, name) in ProtocolTable.aliases { names[Array(alias.utf8)] = name }
        self.names = names
    }

    private func entry(_ name: ProtocolName, _ variant: ProtocolVariants) -> Entry {
        let all = entries[Int(name.rawValue)]
        return all[variant == .newest ? 0 : all.count - 1]
    }

    /// The id that we propose.
    func identifier(_ name: ProtocolName, _ variant: ProtocolVariants) -> [UInt8] { entry(name, variant).identifier }

    func opening(_ name: ProtocolName, _ variant: ProtocolVariants) -> [UInt8] { entry(name, variant).opening }

    /// The ids that we announce.
    func identifiers(of name: ProtocolName) -> [[UInt8]] { entries[Int(name.rawValue)].map(\.identifier) }

    func name(_ identifier: [UInt8]) -> ProtocolName? { names[identifier] }

    /// What a peer understands that has announced these ids.
    func variants(announced: [[UInt8]]) -> ProtocolVariants {
        announced.contains(identifier(.gossip, .newest)) ? .newest : .oldest
    }
}

extension ProtocolName {
    /// How its streams are used.
    enum Pattern {
        case identify
        case identifyPush
        case ping
        /// Long-lived streams with messages in one direction.
        case oneWay
        case requestAnswer
        case perf
        case echo
    }

    var pattern: Pattern {
        switch self {
        case .identify: .identify
        case .identifyPush: .identifyPush
        case .ping: .ping
        case .gossip, .bitswap: .oneWay
        case .kademlia, .job, .task, .verify, .registry, .beacon, .admin: .requestAnswer
        case .perf: .perf
        case .echo: .echo
        }
    }

    /// Largest message, bytes.
    var messageMax: Int {
        switch self {
        case .identify, .identifyPush, .kademlia: 64 * 1024
        case .gossip: 1024 * 1024 + 64 * 1024
        case .bitswap: 4 * 1024 * 1024 + 64 * 1024
        case .ping: 32
        default: 4 * 1024 * 1024
        }
    }
}
