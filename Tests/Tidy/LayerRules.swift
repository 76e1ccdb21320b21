/// Directions of dependencies and imports.
enum LayerRules {
    /// A target depends only on targets above it in `Package.swift`.
    static func order(_ layout: PackageLayout) -> [Finding] {
        var above: Set<String> = []
        var findings: [Finding] = []
        let names = Set(layout.targets.map(\.name))
        for target in layout.targets {
            for dependency in target.dependencies where names.contains(dependency) && !above.contains(dependency) {
                findings.append(
                    Finding(path: "Package.swift", line: nil, message: "\(target.name) depends on \(dependency), which stands below it"))
            }
            above.insert(target.name)
        }
        return findings
    }

    /// A pure target depends on no shell target and no system library but libsodium, and that in Crypto alone.
    static func purity(_ layout: PackageLayout) -> [Finding] {
        layout.targets.filter { $0.kind == .pure }.flatMap { target in
            target.dependencies.compactMap { dependency in
                if layout[dependency]?.kind == .pure { return nil }
                if dependency == "CSodium", target.name == "Crypto" { return nil }
                return Finding(path: "Package.swift", line: nil, message: "pure target \(target.name) depends on \(dependency)")
            }
        }
    }

    /// A file imports only what its target declares, and of the system's modules only those that its kind of target may use.
    static func imports(_ file: SourceFile, _ layout: PackageLayout) -> [Finding] {
        guard file.isSwift, let name = file.target, let target = layout[name] else { return [] }
        let allowed = Set(target.dependencies).union(systemModules(target.kind))
        return importedModules(file).compactMap { line, module in
            guard !allowed.contains(module) else { return nil }
            let reason = target.kind == .pure && !layout.targets.contains { $0.name == module } ? "is pure" : "does not declare it"
            return Finding(path: file.path, line: line, message: "imports \(module), but \(name) \(reason)")
        }
    }

    private static func systemModules(_ kind: PackageLayout.Kind) -> Set<String> {
        switch kind {
        case .system, .c, .pure: []
        case .shell, .binary: ["Glibc", "Synchronization", "FoundationEssentials"]
        case .tests: ["Testing", "Glibc", "Synchronization", "FoundationEssentials", "Foundation", "Dispatch"]
        }
    }

    /// Modules named by `import` declarations, with their line.
    static func importedModules(_ file: SourceFile) -> [(line: Int, module: String)] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        var found: [(Int, String)] = []
        for (index, line) in codeOnly(file.text).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where line.contains("import ") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let at = words.firstIndex(of: "import"), words[..<at].allSatisfy({ isModifier($0) }) else { continue }
            let named = words[(at + 1)...].drop { kinds.contains($0) }
            if let module = named.first?.split(separator: ".").first { found.append((index + 1, String(module))) }
        }
        return found
    }

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }
}
