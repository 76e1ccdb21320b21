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
    /// - Returns: those renders.
    @discardableResult
    func expectRight(_ location: SourceLocation = #_sourceLocation) throws -> [TileRender] {
        #expect(!tasks.isEmpty && tasks.reduce(0) { $0 + $1.width * $1.height } == image.width * image.height, sourceLocation: location)
        return try tasks.map { task in
            let tile = try render(task, location)
            let wrong = tile.differences(from: image)
            #expect(wrong == 0, "tile \(task.index): \(wrong) of \(task.width * task.height * 3) values differ", sourceLocation: location)
            return tile
        }
    }

    private func render(_ task: Task, _ location: SourceLocation) throws -> TileRender {
        let path = site.path("tile-\(task.index).exr")
        let (left, top) = (max(task.x - 1, 0), max(task.y - 1, 0))
        let (right, bottom) = (min(task.x + task.width + 1, image.width), min(task.y + task.height + 1, image.height))
        let crop = "\(left),\(top),\(right - left),\(bottom - top)"
        let result = try site.node(["render", scene, "-o", path, "--rng-key", task.key, "--crop", crop] + flags, location)
        try #require(result.status == 0, "render: \(result.error)", sourceLocation: location)
        let image = try RGBImage.decodeEXR(try DeliveredPicture.bytes(path))
        try #require(image.width == right - left && image.height == bottom - top, sourceLocation: location)
        return TileRender(task: task, left: left, top: top, image: image)
    }
}

/// A tile rendered by `node render` under its own key, with one pixel more on each side that has a neighbour.
struct TileRender {
    let task: DeliveredPicture.Task
    let left: Int
    let top: Int
    let image: RGBImage

    /// Three values of a pixel of the whole picture; nil beyond the margin.
    func pixel(_ x: Int, _ y: Int) -> ArraySlice<Float>? {
        guard x >= left, y >= top, x < left + image.width, y < top + image.height else { return nil }
        let start = ((y - top) * image.width + x - left) * 3
        return image.pixels[start..<start + 3]
    }

    /// How many values of the tile itself have other bits in the picture.
    func differences(from picture: RGBImage) -> Int {
        var count = 0
        for y in task.y..<task.y + task.height {
            for x in task.x..<task.x + task.width {
                let start = (y * picture.width + x) * 3
                guard let own = pixel(x, y) else { return task.width * task.height * 3 }
                count += zip(own, picture.pixels[start..<start + 3]).count { $0.bitPattern != $1.bitPattern }
            }
        }
        return count
    }
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
