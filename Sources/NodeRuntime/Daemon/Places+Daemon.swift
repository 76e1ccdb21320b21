extension Places {
    /// Records of all roles.
    public var database: String { data + "/node.db" }
    public var blocks: String { data + "/blocks" }
    /// Key of who may give this node commands; made at the first start.
    public var adminKey: String { data + "/admin.key" }
    /// What a client of the HTTP service has to present; made at the first start with `http`.
    public var httpToken: String { data + "/http.token" }
    /// Where a running node can be reached; there while it runs.
    public var runFile: String { data + "/node.run" }
    /// Directories of the clients that `submit` and `job` run in their own process.
    public var clients: String { data + "/clients" }

    /// Everything of one node below one directory, as `--data` has it.
    public init(directory: String) {
        configuration = directory + "/config.toml"
        data = directory
        cache = directory + "/cache"
    }
}
