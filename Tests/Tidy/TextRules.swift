/// Rules on one file's text.
enum TextRules {
    /// A file is one thing: never above `linesMax`.
    static func length(_ file: SourceFile) -> [Finding] {
        guard file.isCompiled else { return [] }
        let count = lineCount(file)
        return count <= linesMax ? [] : [Finding(path: file.path, line: nil, message: "\(count) lines, at most \(linesMax)")]
    }
    static let linesMax = 500

    /// Most files are much shorter: 90 of 100 have at most `linesUsual` lines.
    static func usualLength(_ files: [SourceFile]) -> [Finding] {
        let compiled = files.filter(\.isCompiled)
        let long = compiled.filter { lineCount($0) > linesUsual }
        guard long.count * 10 > compiled.count else { return [] }
        let names = long.map(\.path).joined(separator: ", ")
        return [Finding(path: ".", line: nil, message: "\(long.count) of \(compiled.count) files have over \(linesUsual) lines: \(names)")]
    }
    static let linesUsual = 350

    private static func lineCount(_ file: SourceFile) -> Int { file.text.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// `Manager` is the network role and nothing else; the other names say nothing.
    static func typeNames(_ file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        let keywords: Set<Substring> = ["class", "struct", "enum", "actor", "protocol", "typealias"]
        var findings: [Finding] = []
        for (index, line) in codeOnly(file.text).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            for (keyword, name) in zip(words, words.dropFirst()) where keywords.contains(keyword) {
                guard name != "Manager", let suffix = bannedSuffixes.first(where: { name.hasSuffix($0) }) else { continue }
                findings.append(Finding(path: file.path, line: index + 1, message: "\(name): no type is a \(suffix)"))
            }
        }
        return findings
    }
    static let bannedSuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utilities", "Service"]

    /// The repository speaks of the project alone and holds nothing half-made.
    static func words(_ file: SourceFile) -> [Finding] {
        let banned = bannedWords.filter { file.text.contains($0) }
        var findings: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            for word in banned where contains(line, word: word) {
                findings.append(Finding(path: file.path, line: index + 1, message: "holds \(word)"))
            }
            if let number = line.firstRange(of: "issue #"), line[number.upperBound...].first?.isNumber == true {
                findings.append(Finding(path: file.path, line: index + 1, message: "names an issue by its number"))
            }
        }
        return findings
    }
    // Joined, so that this file does not hold them.
    static let bannedWords = [
        "TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "/wo" + "rk/", "../sha" + "red", "/ro" + "ot/", "for" + " now",
        "not" + " implemented",
    ]

    private static func contains(_ line: Substring, word: String) -> Bool {
        var rest = line
        while let range = rest.firstRange(of: word) {
            let before = range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            // Capitals are whole words only; a path may be followed by anything.
            if !(word.allSatisfy(\.isUppercase) && (before.isLetter || after.isLetter)) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    /// Switching off a check of the compiler needs its reason, on the line or in the comment above.
    static func uncheckedConcurrency(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, file.isProduct else { return [] }
        let lines = file.lines
        return codeLines(file, holding: ["@unchecked Sendable", "nonisolated(unsafe)"]).compactMap { index, word in
            let above = index > 0 ? lines[index - 1].drop(while: \.isWhitespace) : ""
            let beside = lines[index].firstRange(of: "// ").map { lines[index][$0.upperBound...] } ?? ""
            let reason = above.hasPrefix("//") ? above.drop { $0 == "/" } : beside
            guard reason.split(separator: " ").count < 3 else { return nil }
            return Finding(path: file.path, line: index + 1, message: "\(word) without its reason in a comment")
        }
    }

    /// Nothing in the product traps on purpose where an error can be thrown.
    static func traps(_ file: SourceFile) -> [Finding] {
        guard file.isSwift, file.isProduct else { return [] }
        return codeLines(file, holding: ["try!", "as!", "fatalError("]).map { index, word in
            Finding(path: file.path, line: index + 1, message: "\(word) traps: throw, or state the precondition")
        }
    }

    /// Lines of code, comments and literals left out, that hold one of the words; line numbers from 0.
    private static func codeLines(_ file: SourceFile, holding words: [String]) -> [(index: Int, word: String)] {
        guard words.contains(where: { file.text.contains($0) }) else { return [] }
        return codeOnly(file.text).split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            words.filter { line.contains($0) }.map { (index, $0) }
        }
    }

    /// The picture of the layers, the first fenced block of the page, names every target of the product and nothing else.
    static func picture(_ page: SourceFile, _ layout: PackageLayout) -> [Finding] {
        let parts = page.text.split(separator: "```", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return [Finding(path: page.path, line: nil, message: "has no picture")] }
        let drawn = Set(parts[1].split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init))
        let names = layout.targets.filter { $0.kind != .tests }.map(\.name)
        let missing = names.filter { !drawn.contains($0) }.map { "the picture lacks \($0)" }
        let unknown = drawn.filter { $0.first?.isUppercase == true && !names.contains($0) }.sorted().map {
            "the picture draws \($0), which is no target"
        }
        return (missing + unknown).map { Finding(path: page.path, line: nil, message: $0) }
    }
}
