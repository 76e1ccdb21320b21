extension Configuration {
    /// Every key. Its variable is `INFERIX_` and the key in capitals, with underscores for dots and hyphens.
    public static let settings = FieldTable<Configuration>([
        Field("roles", \.roles, "what the node does; none: a client that only submits"),
        Field("network", \.network, "network definition: a file, or the name of one that comes with the node"),
        Field("listen", \.listen, "addresses to accept connections at; port 0 lets the system choose"),
        Field("bootstrap", \.bootstrap, "peers to join through, besides those of the network definition"),
        Field("api", \.api, "where the node's own commands reach it; port 0 lets the system choose"),
        Field("http", \.http, "where to serve /metrics, /healthz, /readyz and /api/v1/status over HTTP; empty: nowhere"),
        Field("admins", \.admins, "peer ids that may give commands, besides the holder of the directory's admin key"),
        Field("subscribe", \.subscribe, "gossip topics to join and relay besides the node's own"),
        Field("serve", \.serve, "diagnostic protocols to answer"),
        Field("key.password_file", \.passwordFile, "file whose first line is the password of the node's key; empty: ask"),
        Field("log.level", \.logLevel, "the least severe message that is logged"),
        Field("log.format", \.logFormat, "how log messages are written on standard error"),
        Field("limits.connections", \.connectionsMax, 0...100_000, "connections at most; 0: 100, or 1000 for a Manager"),
        Field("limits.upload", \.uploadMax, 0...100_000_000, "KiB a second sent at most, by all connections together; 0: no limit"),
        Field("limits.download", \.downloadMax, 0...100_000_000, "KiB a second received at most, by all connections together; 0: no limit"),
        Field("render.device", \.device, "where a Worker renders"),
        Field("render.threads", \.threads, 0...1024, "threads of the native device; 0: one per core"),
        Field("verifier.class", \.verifierClass, "what a Verifier loads: any scene, or small ones and of others the marks alone"),
        Field("store.blocks", \.blocksMax, 16...100_000_000, "scene and picture blocks kept on disk, in MiB at most"),
    ])

    public static func variable(of key: String) -> String {
        "INFERIX_"
            + String(
                decoding: key.utf8.map { byte in
                    switch byte {
                    case UInt8(ascii: "."), UInt8(ascii: "-"): UInt8(ascii: "_")
                    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
                    default: byte
                    }
                }, as: UTF8.self)
    }

    /// Variables that are not settings: places, and a network's own.
    static let otherVariables = ["INFERIX_HOME"]
}
