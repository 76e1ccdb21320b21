/// What `Package.swift` says about targets, read from its text: SwiftPM's own dump would need a second process and would lose the
/// order of the file, which is the order of the layers.
struct PackageLayout {
    enum Kind: Equatable { case system, c, pure, shell, binary, tests }

    struct Target: Equatable {
        let name: String
        let kind: Kind
        /// Targets of this package and modules of other packages' products.
        let dependencies: [String]
    }

    let targets: [Target]

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    /// - Parameter manifest: the text of `Package.swift`; targets are declared by the calls in `calls` after `targets: [`.
    init(manifest: String) {
        let products = PackageLayout.products(manifest)
        var targets: [Target] = []
        var rest = manifest[...]
        if let start = rest.firstRange(of: "\n    targets: [") { rest = rest[start.upperBound...] }
        while let (kind, arguments, end) = PackageLayout.nextCall(in: rest) {
            rest = rest[end...]
            let names = PackageLayout.literals(arguments)
            guard let name = names.first else { continue }
            // Systems and C targets pass other strings (apt packages, flags); only what `dependencies:` lists counts there.
            let list: Substring
            if kind == .pure || kind == .shell || kind == .tests {
                list = PackageLayout.bracketed(arguments) ?? ""
            } else if let label = arguments.firstRange(of: "dependencies:") {
                list = PackageLayout.bracketed(arguments[label.upperBound...]) ?? ""
            } else {
                list = ""
            }
            let variables = list.split { !$0.isLetter }.compactMap { products[String($0)] }
            targets.append(Target(name: name, kind: kind, dependencies: PackageLayout.literals(list) + variables))
        }
        self.targets = targets
    }

    private static let calls: [(text: String, kind: Kind)] = [
        ("system(", .system), (".target(", .c), ("pure(", .pure), ("shell(", .shell), (".executableTarget(", .binary), ("tests(", .tests),
        ("testTool(", .tests),
    ]

    private static func nextCall(in text: Substring) -> (Kind, Substring, Substring.Index)? {
        var best: (range: Range<Substring.Index>, kind: Kind)?
        for call in calls {
            if let range = text.firstRange(of: call.text), best.map({ range.lowerBound < $0.range.lowerBound }) ?? true {
                best = (range, call.kind)
            }
        }
        guard let best, let end = closing(text[best.range.upperBound...], open: "(", close: ")") else { return nil }
        return (best.kind, text[best.range.upperBound..<end], end)
    }

    /// `let toml: Target.Dependency = .product(name: "TOMLKit", …)` gives `toml: TOMLKit`.
    private static func products(_ manifest: String) -> [String: String] {
        var found: [String: String] = [:]
        for line in manifest.split(separator: "\n") where line.contains("Target.Dependency = .product(") {
            let words = line.split { !$0.isLetter }
            if words.count > 1, let name = literals(line).first { found[String(words[1])] = name }
        }
        return found
    }

    private static func literals(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    private static func bracketed(_ text: Substring) -> Substring? {
        guard let start = text.firstIndex(of: "[") else { return nil }
        let inside = text[text.index(after: start)...]
        return closing(inside, open: "[", close: "]").map { inside[..<$0] }
    }

    /// The place of the bracket that closes one already opened.
    private static func closing(_ text: Substring, open: Character, close: Character) -> Substring.Index? {
        var depth = 1
        for index in text.indices {
            if text[index] == open { depth += 1 }
            if text[index] == close { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}
