import NodeRuntime
import Testing
import Wire

/// A job as an artist orders it, and everything that a test wants to know about it.
final class Order {
    let network: LocalNetwork
    let scene: String
    /// Flags that `render` takes as well.
    let picture: [String]
    let process: SiteProcess
    private let folder: String

    /// - Parameters:
    ///   - scene: a file of `scenes/`.
    ///   - picture: size, samples and the like.
    ///   - ordering: flags that are only of orders.
    init(_ network: LocalNetwork, _ scene: String, _ picture: [String], name: String = "out", ordering: [String] = []) throws {
        self.network = network
        self.scene = Binaries.scene(scene)
        self.picture = picture
        folder = network.site.path(name)
        process = try network.site.start(
            "submit", Binaries.node,
            [
                "submit", self.scene, "--network", network.definitionFile, "--data", network.site.path("client"), "--out", folder, "--wait",
                "--split", "tiles", "--format", "exr",
            ] + picture + ordering, isHeld: false)
    }

    /// The job's id, once the Manager has taken it.
    func id(_ location: SourceLocation = #_sourceLocation) throws -> String {
        try network.site.wait("the Manager takes the job", location) { !process.output.isEmpty || !process.isRunning }
        let line = try #require(process.output.first, "no job: \(process.errorText)", sourceLocation: location)
        try #require(line.hasPrefix("job "), sourceLocation: location)
        return String(line.dropFirst("job ".count))
    }

    /// Waits until a task is where the condition wants it.
    /// - Returns: the task.
    func task(_ what: String, _ location: SourceLocation = #_sourceLocation, where condition: (JSON) -> Bool) throws -> JSON {
        let id = try id(location)
        var found: JSON?
        try network.site.poll(what, location) {
            found = try network.job(id)?["tasks"]?.elements.first(where: condition)
            return found != nil || !process.isRunning
        }
        return try #require(found, "the job ended before: \(what)", sourceLocation: location)
    }

    /// A task that a Worker is rendering, and the name of that Worker.
    func rendering(_ location: SourceLocation = #_sourceLocation) throws -> (task: Int, worker: String) {
        let task = try task("a Worker renders", location) { $0["phase"] == "rendering" }
        let worker = try #require(network.members.values.first { $0.peer == task["worker"]?.string }, sourceLocation: location)
        return (try #require(task["task"]?.int, sourceLocation: location), worker.name)
    }

    /// Waits for the end, which must be a good one.
    func delivered(_ location: SourceLocation = #_sourceLocation) throws -> DeliveredPicture {
        let id = try id(location)
        let result = try network.site.finish(process, location)
        try #require(result.status == 0, "submit: \(result.error)", sourceLocation: location)
        let status = try #require(try network.job(id), sourceLocation: location)
        #expect(status["phase"] == "verified", sourceLocation: location)
        let stem = scene.split(separator: "/").last?.split(separator: ".").first ?? ""
        return try DeliveredPicture(site: network.site, scene: scene, flags: picture, status: status, path: "\(folder)/\(stem).exr")
    }
}
