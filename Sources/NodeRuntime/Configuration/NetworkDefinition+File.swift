internal import Glibc

extension NetworkDefinition {
    /// Finds what `--network` names: a file, or a definition that comes with the node.
    ///
    /// A name with a slash, or one that ends in `.toml`, is a path. Any other is looked for among the operator's own definitions, beside the
    /// installed binary, and last among those built in.
    /// - Throws: `ConfigurationError` where there is none, or where it cannot be used.
    public static func load(_ name: String, places: Places) throws(ConfigurationError) -> NetworkDefinition {
        if name.contains("/") || name.hasSuffix(".toml") {
            return try read(name, whenMissing: "check the path, or name a network that comes with the node: \(development.name)")
        }
        let candidates = folders(places).map { "\($0)/\(name).toml" }
        for path in candidates where TextFile.exists(path) { return try read(path, whenMissing: "") }
        if name == development.name { return development }
        throw ConfigurationError(
            place: "network \(name)", problem: "no such definition in \(candidates.joined(separator: " or "))",
            advice: "give a file, such as --network ./\(name).toml")
    }

    private static func read(_ path: String, whenMissing advice: String) throws(ConfigurationError) -> NetworkDefinition {
        let text: String
        do throws(FileError) {
            text = try TextFile.readText(path)
        } catch {
            throw ConfigurationError(place: path, problem: error.problem, advice: error.isMissing ? advice : "")
        }
        return try NetworkDefinition(text: text, place: path)
    }

    private static func folders(_ places: Places) -> [String] {
        var folders: [String] = []
        if let slash = places.configuration.lastIndex(of: "/") { folders.append(places.configuration[..<slash] + "/networks") }
        if let binary = executablePath, let slash = binary.lastIndex(of: "/"), let up = binary[..<slash].lastIndex(of: "/") {
            folders.append(binary[..<up] + "/share/inferix/networks")
        }
        return folders
    }

    private static var executablePath: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
