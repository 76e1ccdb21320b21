import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct MarkPlacementTests {
    @Test(arguments: [
        Tile(x: 0, y: 0, width: 320, height: 320), Tile(x: 64, y: 8, width: 256, height: 264), Tile(x: 8, y: 64, width: 311, height: 256),
    ]) func geometryIsAsPublished(tile: Tile) throws {
        var fixture = MarkFixture(size: 320, tile: tile)
        fixture.settings.width = 319
        for number in 0..<40 as Range<UInt64> {
            fixture.key = MarkKey(Bytes32(words: number, 0, 0, 0))
            let quads = try #require(fixture.quads())
            #expect(quads.count == 12)
            for (index, quad) in quads.enumerated() {
                let region = quad.region
                #expect((4...7).contains(region.width) && (4...7).contains(region.height))
                // The envelope lies in the tile: the marks are checked on the Worker's own part.
                #expect(region.x - region.width >= Int(tile.x) && region.x + 2 * region.width <= Int(tile.x + tile.width))
                #expect(region.y - region.height >= Int(tile.y) && region.y + 2 * region.height <= Int(tile.y + tile.height))
                #expect(abs(quad.periodX - 2) < 1.5 && abs(quad.periodY - 2) < 1.5)
                for other in quads[..<index] {
                    let apart =
                        region.x + 2 * region.width <= other.region.x - other.region.width
                        || other.region.x + 2 * other.region.width <= region.x - region.width
                        || region.y + 2 * region.height <= other.region.y - other.region.height
                        || other.region.y + 2 * other.region.height <= region.y - region.height
                    #expect(apart, "\(region) meets \(other.region)")
                }
            }
        }
    }

    @Test func placesFollowTheKeyAlone() throws {
        let first = try #require(MarkFixture().quads())
        #expect(MarkFixture().quads() == first)
        var other = MarkFixture()
        other.key = MarkKey(Bytes32(words: 1, 2, 3, 5))
        let second = try #require(other.quads())
        #expect(Set(first.map(\.region)).intersection(second.map(\.region)).count <= 1)
    }

    @Test func marksStandInFrontOfEverything() throws {
        let fixture = MarkFixture()
        // Something thin stands close in front of the left half, and something far closer than the near plane in a corner.
        func depth(_ point: CameraPoint) -> Float {
            if point.x < 40, point.y < 40 { return 0.05 }
            return point.x < 160 ? 0.5 : 20
        }
        let quads = try #require(fixture.quads(depth))
        #expect(quads.contains { $0.region.x < 150 } && quads.contains { $0.region.x > 160 })
        for quad in quads {
            #expect(quad.depth > 0.1)
            #expect(quad.depth < (quad.region.x < 160 ? 0.5 : 20))
            #expect(quad.region.x >= 40 || quad.region.y >= 40)
        }
        // A scene that is too close everywhere, one that is nowhere, and depths that are no numbers.
        #expect(fixture.quads { _ in 0.1 } == nil)
        #expect(fixture.quads { _ in .nan } == nil)
        // Before the sky a mark stands as far away as half of what else is seen, or at half a unit.
        #expect(try #require(fixture.quads { _ in .infinity }).allSatisfy { $0.depth == 0.5 })
        let horizon = try #require(fixture.quads { $0.x == $0.x.rounded() ? .infinity : 60 })
        #expect(horizon.allSatisfy { $0.depth == 30 })
        let placement = try #require(fixture.placement())
        #expect(placement.quads(camera: fixture.camera, depths: [1]) == nil)
    }

    @Test func aLensNeedsThePlaneOfFocusFree() throws {
        var fixture = MarkFixture()
        (fixture.camera.lensRadius, fixture.camera.focusDistance) = (0.1, 4)
        let placement = try #require(fixture.placement(hasLens: true))
        #expect(placement.points.contains { $0.lensArea == 1 && $0.lensTurn == 0.75 })
        let quads = try #require(placement.quads(camera: fixture.camera, depths: placement.points.map { _ in 9 }))
        #expect(quads.allSatisfy { $0.depth == 4 })
        // One point of the lens sees something in front of the plane.
        let hidden = placement.points.map { $0.lensTurn == 0.25 && $0.x < 200 ? Float(3) : 9 }
        #expect(try #require(placement.quads(camera: fixture.camera, depths: hidden)).allSatisfy { $0.region.x >= 190 })
        #expect(placement.quads(camera: fixture.camera, depths: placement.points.map { _ in 3 }) == nil)
        // Points of a pinhole say nothing about a lens.
        let pinhole = try #require(fixture.placement())
        #expect(pinhole.quads(camera: fixture.camera, depths: pinhole.points.map { _ in 9 }) == nil)
    }

    @Test func smallTasksAndDarkPicturesCarryNone() throws {
        #expect(MarkFixture(size: 255).placement() == nil)
        #expect(MarkFixture(size: 256).placement() != nil)
        let dark = try #require(MarkFixture().placement { _, _ in 0.001 })
        #expect(dark.quads(camera: MarkFixture().camera, depths: dark.points.map { _ in 9 }) == nil)
        let none = try #require(MarkFixture().placement { _, _ in .nan })
        #expect(none.quads(camera: MarkFixture().camera, depths: none.points.map { _ in 9 }) == nil)
        // Too bright is better than nowhere.
        let bright = try #require(MarkFixture().placement { _, _ in 5 })
        #expect(bright.quads(camera: MarkFixture().camera, depths: bright.points.map { _ in 9 })?.count == 12)
    }

    @Test func smoothPlacesArePreferred() throws {
        let fixture = MarkFixture()
        // The right half is a checkerboard of four pixels.
        let placement = try #require(
            fixture.placement { x, y in x >= 160 && (x / 8 + y / 8) % 2 == 0 ? 0.05 : 0.2 + 0.0003 * Float(x) })
        let quads = try #require(placement.quads(camera: fixture.camera, depths: placement.points.map { _ in 10 }))
        #expect(quads.allSatisfy { $0.region.x < 160 })
    }

    @Test func parametersAreBounded() {
        #expect(MarkParameters().isValid)
        let changes: [(inout MarkParameters) -> Void] = [
            { $0.count = 7 }, { $0.count = 16 }, { $0.sides = 3...7 }, { $0.sides = 4...8 }, { $0.strength = 0 }, { $0.strength = 0.6 },
            { $0.amplitude = 1.1 }, { $0.periodMean = 0 }, { $0.periodDeviation = 1 }, { $0.tileSideMin = 8 },
        ]
        for change in changes {
            var parameters = MarkParameters()
            change(&parameters)
            #expect(!parameters.isValid)
        }
    }

    @Test func aSampleRenderIsCheap() {
        let fixture = MarkFixture(size: 321, tile: Tile(x: 8, y: 16, width: 313, height: 256))
        let request = SampleMap.request(settings: fixture.settings, frame: 5, tile: fixture.tile, rngKey: 9)
        #expect(request.settings.width == 161 && request.tile == Tile(x: 4, y: 8, width: 157, height: 128) && request.frame == 5)
        let task = UInt64(313 * 256) * UInt64(fixture.settings.samples) * UInt64(fixture.settings.depth)
        let cost = UInt64(157 * 128) * UInt64(request.settings.samples) * UInt64(request.settings.depth)
        #expect(cost * 100 <= task)
    }
}
