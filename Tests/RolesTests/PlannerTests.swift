import Crypto
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct PlannerTests {
    private func order(_ width: UInt32, _ height: UInt32, samples: UInt32 = 64, frames: UInt32 = 1, split: JobSplit = .auto) -> JobOrder {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (width, height, samples)
        var order = JobOrder(
            sceneRoot: Hash.cid(of: [1]), sceneBytes: 1, frames: [FrameRange(first: 1, last: frames)], settings: settings)
        order.split = split
        return order
    }

    /// Every pixel of every frame lies in exactly one task, and every task is one that can be offered.
    @Test(
        arguments: [(640, 480), (641, 479), (1_920, 1_080), (8, 8), (1, 1), (17, 1_000), (3_840, 2_160), (256, 256)] as [(UInt32, UInt32)])
    func tilesCoverThePictureOnce(_ width: UInt32, _ height: UInt32) throws {
        let order = order(width, height, frames: 2)
        let grid = try #require(JobPlanner().plan(order, workers: 3))
        var pixels: UInt64 = 0
        var corners: Set<[UInt32]> = []
        for index in 0..<grid.taskCount {
            let task = grid[index]
            #expect(RecordGrid(settings: order.settings, tile: task.tile, samples: task.samples) != nil)
            #expect(corners.insert([task.frame, task.tile.x, task.tile.y]).inserted)
            pixels += UInt64(task.tile.width) * UInt64(task.tile.height)
        }
        #expect(pixels == UInt64(width) * UInt64(height) * 2)
        #expect(grid.schedule.sorted() == Array(0..<grid.taskCount))
    }

    @Test func aStillIsCutIntoEnoughEvenTiles() throws {
        for (width, height) in [(640, 480), (800, 600), (1_280, 720), (1_920, 1_080)] as [(UInt32, UInt32)] {
            let grid = try #require(JobPlanner().plan(order(width, height), workers: 3))
            #expect((12...24).contains(grid.taskCount), "\(width)×\(height): \(grid.taskCount)")
            let skew = max(grid.tileWidth, grid.tileHeight) / min(grid.tileWidth, grid.tileHeight)
            #expect(skew <= 2)
            let full = UInt64(grid.tileWidth) * UInt64(grid.tileHeight) * UInt64(grid.taskCount)
            #expect(full <= UInt64(width) * UInt64(height) * 5 / 4, "tiles are uneven")
        }
    }

    /// What counts is work, not the size of the picture.
    @Test func aSmallPictureOfManySamplesIsSpreadAndACheapOneIsNot() throws {
        #expect(try #require(JobPlanner().plan(order(256, 256, samples: 1_024), workers: 3)).taskCount >= 12)
        #expect(try #require(JobPlanner().plan(order(640, 480, samples: 1), workers: 3)).taskCount == 1)
        let tiny = try #require(JobPlanner().plan(order(64, 64, samples: 4_096), workers: 3))
        #expect(tiny.tileWidth * tiny.tileHeight >= 1_024)
    }

    @Test func animationsGoByFramesAndLargeTasksAreCut() throws {
        let movie = try #require(JobPlanner().plan(order(640, 480, frames: 100), workers: 3))
        #expect(movie.tilesPerFrame == 1)
        let heavy = try #require(JobPlanner().plan(order(1_920, 1_080, samples: 1_024, split: .frames), workers: 3))
        #expect(heavy.taskCount > 1)
        for index in 0..<heavy.taskCount { #expect(heavy[index].tile.pixelCountForTest * 64 <= 1 << 22) }
    }

    @Test func theFirstTheLastAndTheMiddleFrameComeFirst() throws {
        let grid = TaskGrid(settings: order(8, 8).settings, frames: Array(1...100), tileWidth: 8, tileHeight: 8)
        #expect(grid.schedule.prefix(5).map { grid[$0].frame } == [1, 100, 50, 25, 75])
    }

    @Test func ordersOutOfBoundsAreNotPlanned() {
        #expect(JobPlanner().plan(order(0, 8), workers: 1) == nil)
        #expect(JobPlanner().plan(order(640, 480, frames: 10_001), workers: 1) == nil)
        #expect(JobPlanner().plan(order(65_536, 65_536, samples: 65_536), workers: 1) == nil)
        var layered = order(64, 64)
        layered.settings.layers = .depth
        #expect(JobPlanner().plan(layered, workers: 1) == nil, "layers are not proven, hence not offered")
        var backwards = order(64, 64)
        backwards.frames = [FrameRange(first: 5, last: 4)]
        #expect(JobPlanner().plan(backwards, workers: 1) == nil)
        backwards.frames = [FrameRange(first: 1, last: 5), FrameRange(first: 5, last: 6)]
        #expect(JobPlanner().plan(backwards, workers: 1) == nil)
    }
}

extension Tile {
    fileprivate var pixelCountForTest: UInt64 { UInt64(width) * UInt64(height) }
}
