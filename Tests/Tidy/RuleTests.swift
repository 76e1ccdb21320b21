import Testing

/// Every rule, on something that breaks it and on something close that does not.
@Suite("The rules")
struct RuleTests {
    private static let manifest = """
        let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
        let package = Package(
            name: "p",
            targets: [
                system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
                .target(name: "CLib", dependencies: ["CSodium"]),
                pure("Base"),
                pure("Crypto", ["CSodium", "Base"]),
                shell(
                    "Shell",
                    [
                        "Crypto", logging,
                    ]),
                .executableTarget(name: "tool", dependencies: ["Shell", logging], path: "tool", exclude: ["x"]),
                tests("BaseTests", ["Base"]),
                testTool("Cheat", ["Shell", logging]),
            ]
        )
        """
    private let layout = PackageLayout(manifest: Self.manifest)

    private func layout(_ change: (from: String, to: String)) -> PackageLayout {
        PackageLayout(manifest: Self.manifest.replacing(change.from, with: change.to))
    }
    private func file(_ text: String, path: String = "Sources/Base/A.swift") -> SourceFile { SourceFile(path: path, text: text) }

    @Test func manifestIsRead() {
        #expect(
            layout.targets == [
                .init(name: "CSodium", kind: .system, dependencies: []),
                .init(name: "CLib", kind: .c, dependencies: ["CSodium"]),
                .init(name: "Base", kind: .pure, dependencies: []),
                .init(name: "Crypto", kind: .pure, dependencies: ["CSodium", "Base"]),
                .init(name: "Shell", kind: .shell, dependencies: ["Crypto", "Logging"]),
                .init(name: "tool", kind: .binary, dependencies: ["Shell", "Logging"]),
                .init(name: "BaseTests", kind: .tests, dependencies: ["Base"]),
                .init(name: "Cheat", kind: .tests, dependencies: ["Shell", "Logging"]),
            ])
    }

    @Test func orderSeesAnUpwardDependency() {
        #expect(LayerRules.order(layout).isEmpty)
        #expect(LayerRules.order(layout(("pure(\"Base\")", "pure(\"Base\", [\"Crypto\"])"))).count == 1)
    }

    @Test func puritySeesTheOutsideWorld() {
        #expect(LayerRules.purity(layout).isEmpty)
        #expect(LayerRules.purity(layout(("pure(\"Base\")", "pure(\"Base\", [\"CSodium\"])"))).count == 1)
        #expect(LayerRules.purity(layout(("pure(\"Base\")", "pure(\"Base\", [logging])"))).count == 1)
    }

    @Test(arguments: ["Foundation", "FoundationEssentials", "Glibc", "Dispatch", "CUV", "COpenCL", "CSQLite", "CSodium", "Crypto"])
    func importsSeeWhatAPureTargetMayNotUse(module: String) {
        for form in ["import \(module)", "public import \(module)", "@preconcurrency internal import struct \(module).T"] {
            #expect(LayerRules.imports(file("\n\(form)\n"), layout).map(\.line) == [2])
        }
    }

    @Test func importsFollowTheDeclaration() {
        #expect(LayerRules.imports(file("import Base\nimport CSodium", path: "Sources/Crypto/A.swift"), layout).isEmpty)
        #expect(LayerRules.imports(file("import Logging\nimport Glibc", path: "Sources/Shell/A.swift"), layout).isEmpty)
        #expect(LayerRules.imports(file("import Base", path: "Sources/Shell/A.swift"), layout).count == 1)
        #expect(LayerRules.imports(file("import Foundation", path: "Sources/Shell/A.swift"), layout).count == 1)
        #expect(LayerRules.imports(file("@testable import Base\nimport Testing", path: "Tests/BaseTests/A.swift"), layout).isEmpty)
        #expect(LayerRules.imports(file("// import Foundation\nlet s = \"import Foundation\""), layout).isEmpty)
    }

    @Test func lengthSeesALongFile() {
        #expect(TextRules.length(file(String(repeating: "\n", count: 500))).isEmpty)
        #expect(TextRules.length(file(String(repeating: "\n", count: 501))).count == 1)
        #expect(TextRules.length(file(String(repeating: "\n", count: 501), path: "docs/a.md")).isEmpty)
    }

    @Test func usualLengthSeesTooManyLongFiles() {
        let short = [SourceFile](repeating: file("\n"), count: 9)
        let long = file(String(repeating: "\n", count: 351))
        #expect(TextRules.usualLength(short + [long]).isEmpty)
        #expect(TextRules.usualLength(short + [long, long]).count == 1)
    }

    @Test(arguments: ["PeerManager", "DateHelper", "StringUtils", "RenderService"])
    func typeNamesSeeABannedSuffix(name: String) {
        for keyword in ["struct", "final class", "enum", "actor", "protocol", "typealias"] {
            #expect(TextRules.typeNames(file("public \(keyword) \(name): Sendable {")).count == 1)
        }
        #expect(TextRules.typeNames(file("let x: \(name)")).isEmpty)
        #expect(TextRules.typeNames(file("// struct \(name)")).isEmpty)
    }

    @Test func typeNamesAllowTheRole() {
        #expect(TextRules.typeNames(file("public struct Manager {}\nstruct ManagerParameters {}")).isEmpty)
    }

    @Test(arguments: TextRules.bannedWords)
    func wordsSeeWhatDoesNotBelong(word: String) {
        #expect(TextRules.words(file("a\n// \(word) b", path: "docs/a.md")).map(\.line) == [2])
    }

    @Test func wordsSeeNumberedIssues() {
        #expect(TextRules.words(file("see issue " + "#12")).count == 1)
        #expect(TextRules.words(file("an issue # of taste")).isEmpty)
        #expect(TextRules.words(file("AUTO" + "DOCK")).isEmpty)
    }

    @Test(arguments: ["final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 0"])
    func uncheckedConcurrencyNeedsAReason(line: String) {
        #expect(TextRules.uncheckedConcurrency(file(line)).count == 1)
        #expect(TextRules.uncheckedConcurrency(file("//\n\(line)")).count == 1)
        #expect(TextRules.uncheckedConcurrency(file("let a = 1\n\(line)")).map(\.line) == [2])
        #expect(TextRules.uncheckedConcurrency(file("// Set once, before any thread starts.\n\(line)")).isEmpty)
        #expect(TextRules.uncheckedConcurrency(file("\(line)  // set once, before any thread starts")).isEmpty)
        #expect(TextRules.uncheckedConcurrency(file("let s = \"\(line)\"")).isEmpty)
    }

    @Test(arguments: ["let a = try! f()", "let a = b as! C", "fatalError(\"no\")"])
    func trapsAreSeen(line: String) {
        #expect(TextRules.traps(file(line)).count == 1)
        #expect(TextRules.traps(file("// \(line)")).isEmpty)
        #expect(TextRules.traps(file(line, path: "Tests/BaseTests/A.swift")).isEmpty)
    }

    @Test func pictureSeesMissingAndUnknownTargets() {
        let whole = "# A\n```\ntool ─► Shell ─► CLib\nCrypto Base CSodium\n```\n"
        func page(_ text: String) -> SourceFile { file(text, path: "docs/ARCHITECTURE.md") }
        #expect(TextRules.picture(page(whole), layout).isEmpty)
        #expect(TextRules.picture(page(whole.replacing("Base", with: "")), layout).count == 1)
        #expect(TextRules.picture(page(whole.replacing("Base", with: "Base Cellar")), layout).count == 1)
        #expect(TextRules.picture(page("no picture"), layout).count == 1)
    }

    @Test(arguments: [
        ("a // b\nc", "a     \nc"), ("a /* b /* c */ d */ e", "a                   e"),
        (#"f("try! \(g("x)")) y") z"#, "f(                   ) z"),
        ("#\"a\" b \"# c", "          c"), ("\"\"\"\na\"b\n\"\"\" c", "   \n   \n    c"), (#""\\" a"#, "     a"),
    ])
    func codeOnlyBlanksTheRest(text: String, code: String) {
        #expect(codeOnly(text) == code)
    }
}
