import Foundation

/// Programs that are run: those built with these tests, or those of the folder that `SYSTEM_BINARIES` names.
enum Binaries {
    static let node = path("node", isTestOnly: false)
    static let bootstrap = path("bootstrap", isTestOnly: false)
    static let dishonestNode = path("DishonestNode", isTestOnly: true)

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func scene(_ name: String) -> String { "\(root)/scenes/\(name)" }

    private static func path(_ name: String, isTestOnly: Bool) -> String {
        let named = isTestOnly ? nil : ProcessInfo.processInfo.environment["SYSTEM_BINARIES"]
        guard let named else { return "\(besideTests)/\(name)" }
        return (named.hasPrefix("/") ? named : "\(root)/\(named)") + "/\(name)"
    }

    /// The test bundle lies beside the binaries, wherever the build keeps them.
    private static let besideTests: String = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let bundle = maps.split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasSuffix(".xctest") }
        return URL(filePath: String(bundle ?? "")).deletingLastPathComponent().path
    }()
}
