internal import Identity
internal import Wire

extension NetworkDefinition {
    static let fields = FieldTable<NetworkDefinition>([
        Field("name", \.name, "name of the network: lower-case letters, digits and hyphens"),
        Field("protocol_prefix", \.protocolPrefix, "first part of the network's own protocol ids: /PREFIX/kad/1.0.0"),
        Field("bootstrap", \.bootstrap, "peers to join through, each with its id"),
        Field("managers", \.managers, "peer ids of the first Managers"),
        Field("private_addresses", \.privateAddresses, "loopback and private ranges: dial (and exempt from limits) or refuse"),
        Field("rounds.seconds", \.roundSeconds, 1...3600, "length of a beacon round"),
        Field("rounds.per_epoch", \.epochRounds, 1...10_000_000, "rounds of an accounting epoch: 72 hours"),
        Field("sharding.shards", \.shards, 1...65_536, "topics that jobs are spread over"),
        Field("sharding.replicas", \.replicas, 1...301, "Managers that replicate a shard; all of them while there are fewer"),
        Field("marks.count", \.marks.count, 8...15, "marks of a task"),
        Field("marks.side_min", \.marks.sideMin, 4...7, "pixels of a mark's side, at least"),
        Field("marks.side_max", \.marks.sideMax, 4...7, "and at most"),
        Field("marks.strength_permille", \.marks.strength, 1...500, "share of the light that a mark takes"),
        Field("marks.amplitude_permille", \.marks.amplitude, 0...1000, "how deep the pattern modulates that share"),
        Field("marks.period_permille", \.marks.period, 1...100_000, "mean of the pattern's periods, in pixels"),
        Field("marks.period_deviation_permille", \.marks.periodDeviation, 0...100_000, "their standard deviation"),
        Field("marks.laplacian_permille", \.marks.laplacianThreshold, 1...255_000, "threshold of the published check, on 8-bit values"),
        Field("marks.filter_permille", \.marks.filterThreshold, 1...100_000, "threshold of the matched filter"),
        Field("marks.tile_side_min", \.marks.tileSideMin, 64...65_536, "tasks with a shorter side carry no marks"),
        Field("marks.textures", \.marks.textures, "marks in textures as well"),
        Field(
            "decoys.permille", \.decoys, 0...1000, "attempts of a thousand whose result is false on purpose"
        ),
        Field("authority.keys", \.authority.keys, "Ed25519 keys of the licence authority, as peer ids; none: no licences"),
        Field("authority.threshold", \.authority.threshold, 0...listMax, "signatures that make a licence"),
        Field("gossip.d", \.gossip.degree, 1...64, "mesh links per topic"),
        Field("gossip.d_lo", \.gossip.degreeLow, 1...64, "fewest links before more are sought"),
        Field("gossip.d_hi", \.gossip.degreeHigh, 1...128, "most links before some are dropped"),
        Field("gossip.d_lazy", \.gossip.degreeLazy, 0...64, "peers outside the mesh that hear of messages"),
        Field("gossip.d_out", \.gossip.degreeOut, 0...64, "mesh links that are our own dials, at least"),
        Field("gossip.heartbeat_ms", \.gossip.heartbeatMilliseconds, 100...60_000, "milliseconds between two looks at the mesh"),
        Field("limits.connections_per_address", \.limits.connectionsPerAddress, 1...10_000, "connections from one IP address"),
        Field("limits.connections_per_subnet", \.limits.connectionsPerSubnet, 1...100_000, "connections from one /24, or /56 of IPv6"),
        Field("limits.connections_per_peer", \.limits.connectionsPerPeer, 1...64, "connections of one peer"),
        Field("limits.streams_per_peer", \.limits.streamsPerPeer, 1...65_536, "unacknowledged streams of one peer"),
    ])

    /// A file may state the network's id, to be sure that nobody changed what it is made from.
    private static let identifierKey = "network_id"

    /// - Parameter place: what messages call the text, usually its path.
    /// - Throws: `ConfigurationError` for text that is no TOML, unknown keys, wrong types, and values that contradict each other.
    public init(text: String, place: String) throws(ConfigurationError) {
        self.init()
        var stated: String?
        for entry in try TOMLDocument(text, place: place).entries {
            if entry.key == NetworkDefinition.identifierKey {
                guard case .text(let value) = entry.item else {
                    throw ConfigurationError(place: place, problem: "network_id takes 64 hexadecimal digits, not \(entry.item.kind)")
                }
                stated = value
            } else {
                try NetworkDefinition.fields.set(entry.key, to: entry.item, in: &self, place: place)
            }
        }
        if let problem = problem { throw ConfigurationError(place: place, problem: problem) }
        if let stated, stated != identifier.description {
            throw ConfigurationError(
                place: place, problem: "says network_id \(stated), but what it defines is network \(identifier)",
                advice: "get the file again from whom you trust")
        }
    }

    /// A file that gives this definition again.
    public var text: String {
        "# A network: what all its nodes agree on, and where the first of them are.\n"
            + "\(NetworkDefinition.identifierKey) = \"\(identifier)\"\n" + NetworkDefinition.fields.text(of: self)
    }

    /// The first rule that the definition breaks.
    public var problem: String? {
        for (key, value) in [("name", name), ("protocol_prefix", protocolPrefix)] where !NetworkDefinition.isLabel(value) {
            return "\(key) takes 1 to 40 lower-case letters, digits and hyphens, not \"\(value)\""
        }
        for address in bootstrap where address.tcpTarget == nil || address.peer == nil {
            return "bootstrap takes addresses that end in the peer's id, such as /ip4/10.0.0.1/tcp/4001/p2p/12D3KooW…, not \(address)"
        }
        for (key, peers) in [("managers", managers), ("authority.keys", authority.keys)] {
            if Set(peers).count != peers.count { return "\(key) names a peer twice" }
            if let other = peers.first(where: { $0.ed25519Key == nil }) { return "\(key) takes ids of Ed25519 keys, not \(other)" }
        }
        let keys = authority.keys.count
        guard keys == 0 ? authority.threshold == 0 : (1...keys).contains(authority.threshold) else {
            return "authority.threshold must be 1 to the number of keys, \(keys), not \(authority.threshold)"
        }
        return gossip.problem ?? marks.problem
    }

    private static func isLabel(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}

extension NetworkDefinition.GossipTuning {
    /// Relations that the specification asks for: D_lo ≤ D ≤ D_hi, D_out < D_lo, D_out ≤ D / 2.
    var problem: String? {
        guard degreeLow <= degree, degree <= degreeHigh else {
            return "gossip.d_lo ≤ gossip.d ≤ gossip.d_hi must hold, not \(degreeLow), \(degree), \(degreeHigh)"
        }
        guard degreeOut < degreeLow, degreeOut <= degree / 2 else {
            return "gossip.d_out must be below gossip.d_lo and at most half of gossip.d, not \(degreeOut)"
        }
        return nil
    }
}
