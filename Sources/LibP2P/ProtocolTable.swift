internal import Identity

/// The wire ids of the protocols, both ways, for one network prefix.
struct ProtocolTable: Sendable {
    private let identifiers: [[UInt8]]
    /// Header and proposal as they go out, so that opening a stream copies and allocates nothing for them.
    private let openings: [[UInt8]]
    private let names: [[UInt8]: ProtocolName]

    /// Ids that are accepted beside those that are announced.
    private static let aliases: [(String, ProtocolName)] = [("/meshsub/1.0.0", .gossip)]

    init(prefix: String) {
        var names: [[UInt8]: ProtocolName] = [:]
        identifiers = ProtocolName.allCases.map { name in
            let ids = name.identifiers(prefix: prefix).map { Array($0.utf8) }
            for id in ids { names[id] = name }
            return ids.first ?? []
        }
        openings = identifiers.map { identifier in
            var bytes: [UInt8] = []
            MultistreamDialer([identifier]).start(&bytes)
            return bytes
        }
        for (alias, name) in ProtocolTable.aliases { names[Array(alias.utf8)] = name }
        self.names = names
    }

    /// The id that we propose and announce.
    func identifier(_ name: ProtocolName) -> [UInt8] { identifiers[Int(name.rawValue)] }

    func opening(_ name: ProtocolName) -> [UInt8] { openings[Int(name.rawValue)] }

    func name(_ identifier: [UInt8]) -> ProtocolName? { names[identifier] }
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
        case .kademlia, .job, .task, .verify, .account, .registry, .beacon, .admin: .requestAnswer
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
