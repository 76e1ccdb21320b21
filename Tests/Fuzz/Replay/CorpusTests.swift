import Foundation
import Testing

/// The corpora of `make fuzz`, run through their targets: what was once found stays found. A run that traps ends the test process, and
/// names itself before.
@Suite struct CorpusTests {
    /// A function, since types are nothing to be kept in a global.
    private static func targets() -> [(name: String, target: any FuzzTarget.Type)] {
        [
            ("MultiformatsFuzz", MultiformatsFuzz.self), ("MultistreamFuzz", MultistreamFuzz.self), ("NoiseFuzz", NoiseFuzz.self),
            ("YamuxFuzz", YamuxFuzz.self), ("EnvelopeFuzz", EnvelopeFuzz.self), ("KademliaFuzz", KademliaFuzz.self),
            ("GossipSubFuzz", GossipSubFuzz.self), ("BitswapFuzz", BitswapFuzz.self), ("SwarmFuzz", SwarmFuzz.self),
            ("RegistryFuzz", RegistryFuzz.self),
        ]
    }

    private static var folder: URL { URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent() }

    @Test(arguments: targets().map(\.name)) func replays(_ name: String) throws {
        let entry = try #require(CorpusTests.targets().first { $0.name == name })
        let text = try String(contentsOf: CorpusTests.folder.appending(path: "Corpora/\(name).txt"), encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count >= 20, "a corpus of \(lines.count)")
        for line in lines {
            let input = try #require(Data(base64Encoded: String(line)), "\(name): a line that is not base64")
            entry.target.run(Array(input))
        }
    }

    /// Every target is replayed but the one that renders, which its own tests replay.
    @Test func everyTargetIsReplayed() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
        let found = files.filter { $0.hasSuffix("Fuzz.swift") }.map { String($0.dropLast(6)) }
        #expect(Set(found).subtracting(["SceneFuzz"]) == Set(CorpusTests.targets().map(\.name)))
    }
}
