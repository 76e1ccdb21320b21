import Foundation

/// A text file of the repository, named by its path from the root.
struct SourceFile: Sendable {
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var isSwift: Bool { path.hasSuffix(".swift") }
    /// The target that the file belongs to, by the folder it lies in; nil for files that no target compiles.
    var target: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 1 else { return nil }
        switch parts[0] {
        case "Sources", "Tests": return parts.count > 2 ? String(parts[1]) : nil
        case "netsim", "bootstrap": return String(parts[0])
        default: return nil
        }
    }
    /// The node and its tools, as opposed to their tests.
    var isProduct: Bool { path.hasPrefix("Sources/") || path.hasPrefix("netsim/") || path.hasPrefix("bootstrap/") }
    var isCompiled: Bool { [".swift", ".c", ".cpp", ".h", ".cl"].contains { path.hasSuffix($0) } && path != "Package.swift" }
}

/// What a rule found, in the form that editors jump to.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; nil when the finding is about the file or the whole repository.
    let line: Int?
    let message: String

    var description: String { line.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)" }
}

/// Every text file of the repository, read once.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let files: [SourceFile] = {
        let places = ["Sources", "Tests", "netsim", "bootstrap", "docs", ".ci"]
        let manager = FileManager.default
        var paths = (try? manager.contentsOfDirectory(atPath: root.path))?.filter { !$0.hasPrefix(".") } ?? []
        for place in places {
            let below = manager.enumerator(atPath: root.appending(path: place).path)
            while let path = below?.nextObject() as? String { paths.append("\(place)/\(path)") }
        }
        return paths.sorted().compactMap { path in
            guard !path.contains("/__pycache__/"),
                let bytes = manager.contents(atPath: root.appending(path: path).path),
                let text = String(bytes: bytes, encoding: .utf8), !text.utf8.contains(0)
            else { return nil }
            return SourceFile(path: path, text: text)
        }
    }()

    static func file(_ path: String) throws -> SourceFile {
        guard let file = files.first(where: { $0.path == path }) else { throw MissingFile(path: path) }
        return file
    }

    struct MissingFile: Error { let path: String }
}
