import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct DrawTests {
    @Test("numbers below a bound are uniform", arguments: [3 as UInt64, 7, 100])
    func uniform(_ bound: UInt64) {
        var sampler = RejectionSampler(prefix: [1, 2, 3])
        var counts = [Int](repeating: 0, count: Int(bound))
        let draws = 20_000
        for _ in 0..<draws { counts[Int(sampler.next(below: bound))] += 1 }
        #expect(chiSquared(counts, expected: counts.map { _ in Double(draws) / Double(bound) }) < limit(counts.count - 1))
    }

    @Test("no bias of the modulo where the bound does not divide the range")
    func noModuloBias() {
        // Without rejection the lowest third would come twice as often as the others.
        let bound: UInt64 = 3 << 62
        var sampler = RejectionSampler(prefix: [4])
        var thirds = [0, 0, 0]
        for _ in 0..<6000 { thirds[Int(sampler.next(below: bound) >> 62)] += 1 }
        #expect(chiSquared(thirds, expected: [2000, 2000, 2000]) < limit(2))
        #expect(sampler.counter > 7000, "a quarter of the tries is rejected")
    }

    @Test("the draw by rays is proportional to rays, the draw by area uniform")
    func challengesFollowTheirDensity() {
        let fixture = Fixture(width: 8, height: 8, samples: 16, challenges: 60)
        let records = TestRenderer.render(fixture.request)
        let tree = fixture.tree(records)
        let claim = fixture.claim(fixture.commitment(records))
        var byRay = [Int](repeating: 0, count: 64)
        var byArea = byRay
        for nonce in 0..<120 as Range<UInt64> {
            let draw = ChallengeDraw(claim: claim, output: .zero, nonce: words(nonce))
            let locators = Locators.make(challenge: .zero, draw: draw, tree: tree, records: records)!
            guard
                case .passed(let located) = Locators(challenge: .zero, rays: locators.rays, areas: locators.areas).verify(
                    claim: claim, draw: draw)
            else {
                Issue.record("honest locators were refused")
                return
            }
            #expect(!located.places.isEmpty)
            for ray in draw.rays { byRay[pixel(ofRay: ray, tree: tree, records: records.rays, grid: fixture.grid)] += 1 }
            for pixel in draw.pixels { byArea[Int(pixel)] += 1 }
        }
        let total = Double(tree.root.rays)
        let draws = Double(byRay.reduce(0, +))
        #expect(chiSquared(byRay, expected: records.rays.map { Double($0) / total * draws }) < limit(63))
        // Duplicates are left out, which only makes the counts more even.
        let mean = Double(byArea.reduce(0, +)) / 64
        #expect(chiSquared(byArea, expected: byArea.map { _ in mean }) < limit(63))
    }

    private func pixel(ofRay ray: UInt64, tree: SumTree, records: [UInt16], grid: RecordGrid) -> Int {
        var rest = ray
        for block in 0..<grid.blockCount {
            for lane in 0..<16 {
                guard let (x, y) = grid.pixel(block: block, lane: lane) else { continue }
                let count = UInt64(records[y * Int(grid.tile.width) + x])
                if rest < count { return y * Int(grid.tile.width) + x }
                rest -= count
            }
        }
        return -1
    }

    @Test func ranksFollowTickets() throws {
        let entries = (0..<10).map { Roster.Entry(key: words(UInt64($0)), tickets: UInt8(1 + $0)) }
        let roster = try #require(Roster(entries))
        var counts = [Int](repeating: 0, count: 10)
        for output in 0..<5500 as Range<UInt64> {
            var draw = Draw(.verifier, subject: .zero, output: words(output), roster: roster)
            counts[Int(draw.next()!.key.words.0)] += 1
        }
        #expect(chiSquared(counts, expected: (1...10).map { Double($0) * 100 }) < limit(9))
    }

    @Test func everybodyIsDrawnOnceAndNobodyExcluded() throws {
        let entries = (0..<50).map { Roster.Entry(key: words(UInt64($0)), operatorID: words(0, 0, 0, UInt64($0 / 5)), tickets: 1) }
        let roster = try #require(Roster(entries))
        let exclusion = Draw.Exclusion(worker: words(12), in: roster)
        var draw = Draw(.verifier, subject: words(1), output: words(2), roster: roster, excluding: exclusion)
        var seen: Set<Bytes32> = []
        while let entry = draw.next() { #expect(seen.insert(entry.key).inserted) }
        #expect(seen == Set(entries.filter { $0.operatorID != words(0, 0, 0, 2) }.map(\.key)))
        #expect(draw.entry(rank: 45) == nil)
        #expect(draw.entry(rank: 0) == draw.drawn[0])
        // Operators that nobody licensed are not one operator.
        var open = Draw(
            .verifier, subject: words(1), output: words(2), roster: roster, excluding: .init(keys: [words(0)], operators: [.zero]))
        var count = 0
        while open.next() != nil { count += 1 }
        #expect(count == 49)
    }

    @Test func drawsDependOnAllTheirParts() throws {
        let roster = try #require(Roster((0..<40).map { Roster.Entry(key: words(UInt64($0))) }))
        func ranks(_ purpose: DrawPurpose, _ subject: UInt64, _ output: UInt64) -> [Bytes32] {
            var draw = Draw(purpose, subject: words(subject), output: words(output), roster: roster)
            _ = draw.entry(rank: 9)
            return draw.drawn.map(\.key)
        }
        let base = ranks(.worker, 1, 1)
        #expect(base == ranks(.worker, 1, 1))
        #expect(base != ranks(.verifier, 1, 1))
        #expect(base != ranks(.worker, 2, 1))
        #expect(base != ranks(.worker, 1, 2))
    }

    @Test func rostersAreCanonical() throws {
        let entries = (0..<5).map { Roster.Entry(key: words(UInt64($0)), tickets: 16) }
        let roster = try #require(Roster(entries))
        #expect(try Roster(packed: roster.packed[...]) == roster)
        #expect(roster[words(3)] == entries[3])
        #expect(roster[words(9)] == nil)
        #expect(Roster(entries + [entries[0]]) == nil)
        #expect(Roster([Roster.Entry(key: words(1), tickets: 0)]) == nil)
        #expect(Roster([Roster.Entry(key: words(1), tickets: 17)]) == nil)
        #expect(throws: WireError.notCanonical) { try Roster(packed: (roster.packed.suffix(65) + roster.packed.prefix(65))[...]) }
        #expect(throws: WireError.truncated) { try Roster(packed: roster.packed.dropLast()) }
    }

    @Test("every id of a tree of any size is included, and no other", arguments: 1...20)
    func anchoring(_ count: Int) {
        let ids = (0..<count).map { words(UInt64($0)) }
        let tree = AnchorTree(ids)
        for (index, id) in ids.enumerated() {
            let path = tree.path(to: index)!
            #expect(AnchorTree.root(of: id, index: index, count: count, path: path) == tree.root)
            #expect(AnchorTree.root(of: words(99), index: index, count: count, path: path) != tree.root)
            #expect(AnchorTree.root(of: id, index: index, count: count, path: path + [.zero]) == nil)
            if count > 1 { #expect(AnchorTree.root(of: id, index: (index + 1) % count, count: count, path: path) != tree.root) }
        }
        #expect(tree.path(to: count) == nil)
        #expect(AnchorTree.root(of: ids[0], index: count, count: count, path: []) == nil)
    }

    private func chiSquared(_ counts: [Int], expected: [Double]) -> Double {
        zip(counts, expected).reduce(0) { sum, pair in
            let difference = Double(pair.0) - pair.1
            return sum + difference * difference / pair.1
        }
    }

    /// Mean and five standard deviations of χ².
    private func limit(_ degrees: Int) -> Double { Double(degrees) + 5 * (2 * Double(degrees)).squareRoot() }
}
