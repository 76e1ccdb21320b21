import Testing

/// The rules, on the repository as it is.
@Suite("The repository")
struct RepositoryTests {
    private func layout() throws -> PackageLayout { PackageLayout(manifest: try Repository.file("Package.swift").text) }

    @Test func isReadWhole() throws {
        let layout = try layout()
        #expect(layout.targets.count > 40)
        #expect(layout["Determinism"]?.kind == .pure)
        #expect(layout["Crypto"]?.dependencies.contains("CSodium") == true)
        #expect(layout["NodeRuntime"]?.dependencies.contains("TOMLKit") == true)
        #expect(layout["CImageIO"]?.dependencies == ["CPNG", "CJPEG"])
        let folders = Set(Repository.files.compactMap(\.target))
        for target in layout.targets { #expect(folders.contains(target.name), "no file of \(target.name) was read") }
    }

    @Test func dependenciesPointUpTheFile() throws { expectNone(LayerRules.order(try layout())) }

    @Test func pureTargetsDependOnPureTargets() throws { expectNone(LayerRules.purity(try layout())) }

    @Test func importsAreDeclared() throws {
        let layout = try layout()
        expectNone(Repository.files.flatMap { LayerRules.imports($0, layout) })
    }

    @Test func filesAreShort() {
        expectNone(Repository.files.flatMap(TextRules.length))
        expectNone(TextRules.usualLength(Repository.files))
    }

    @Test func typesAreNamedForWhatTheyAre() { expectNone(Repository.files.flatMap(TextRules.typeNames)) }

    @Test func nothingIsHalfMade() { expectNone(Repository.files.flatMap(TextRules.words)) }

    @Test func uncheckedConcurrencyHasAReason() { expectNone(Repository.files.flatMap(TextRules.uncheckedConcurrency)) }

    @Test func nothingTrapsOnPurpose() { expectNone(Repository.files.flatMap(TextRules.traps)) }

    @Test func pictureNamesEveryTarget() throws {
        expectNone(TextRules.picture(try Repository.file("docs/ARCHITECTURE.md"), try layout()))
    }

    private func expectNone(_ findings: [Finding], at location: SourceLocation = #_sourceLocation) {
        for finding in findings { Issue.record("\(finding.description)", sourceLocation: location) }
    }
}
