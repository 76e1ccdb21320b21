import Foundation
import NodeRuntime
import SceneIO
import Testing

/// A picture that a network delivered, and the job that made it.
struct DeliveredPicture {
    struct Task {
        let index: Int
        let frame: Int
        let (x, y, width, height): (Int, Int, Int, Int)
        let worker: String
        let attempts: Int
        let key: String
        /// CID of the raw picture.
        let picture: String
    }

    let site: Site
    let scene: String
    let flags: [String]
    let tasks: [Task]
    let image: RGBImage

    init(site: Site, scene: String, flags: [String], status: JSON, path: String) throws {
        self.site = site
        self.scene = scene
        self.flags = flags
        tasks = try (status["tasks"]?.elements ?? []).map(Task.init)
        image = try RGBImage.decodeEXR(try DeliveredPicture.bytes(path))
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try #require(FileManager.default.contents(atPath: path), "\(path) was not written"))
    }

    var workers: Set<String> { Set(tasks.map(\.worker)) }

    /// Every tile is, bit for bit, what `node render` gives with the tile's own key.
    func expectRight(_ location: SourceLocation = #_sourceLocation) throws {
        #expect(!tasks.isEmpty && tasks.reduce(0) { $0 + $1.width * $1.height } == image.width * image.height, sourceLocation: location)
        for task in tasks {
            let path = site.path("tile-\(task.index).exr")
            let result = try site.node(
                ["render", scene, "-o", path, "--rng-key", task.key, "--crop", "\(task.x),\(task.y),\(task.width),\(task.height)"] + flags,
                location)
            try #require(result.status == 0, "render: \(result.error)", sourceLocation: location)
            let tile = try RGBImage.decodeEXR(try DeliveredPicture.bytes(path))
            let wrong = differences(task, tile)
            #expect(wrong == 0, "tile \(task.index): \(wrong) of \(tile.pixels.count) values differ", sourceLocation: location)
        }
    }

    private func differences(_ task: Task, _ tile: RGBImage) -> Int {
        guard tile.width == task.width, tile.height == task.height else { return tile.pixels.count }
        var count = 0
        for y in 0..<tile.height {
            let start = ((task.y + y) * image.width + task.x) * 3
            for index in 0..<tile.width * 3
            where image.pixels[start + index].bitPattern != tile.pixels[y * tile.width * 3 + index].bitPattern {
                count += 1
            }
        }
        return count
    }

    /// The steps between neighbouring pixels on both sides of the borders of tiles, and inside.
    var seams: Seams { Seams(image, tasks.map { ($0.x, $0.y) }) }
}

extension DeliveredPicture.Task {
    init(_ json: JSON) throws {
        let place = (json["tile"]?.elements ?? []).compactMap(\.int)
        try #require(place.count == 4)
        index = try #require(json["task"]?.int)
        frame = try #require(json["frame"]?.int)
        (x, y, width, height) = (place[0], place[1], place[2], place[3])
        worker = try #require(json["worker"]?.string)
        attempts = try #require(json["attempts"]?.int)
        key = try #require(json["rng_key"]?.string)
        picture = try #require(json["picture"]?.string)
    }
}
