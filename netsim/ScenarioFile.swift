import Console
import Glibc
import NodeRuntime
import SimulationEngine

/// A scenario: one TOML file. Its numbers are integers with their unit in the key.
struct ScenarioFile {
    enum Kind: String, CaseIterable {
        /// DHT and gossip alone.
        case overlay
        /// The whole job flow, rendering simulated by its cost.
        case jobs
    }

    /// What the report is held against.
    struct Target {
        let key: String
        let limit: Int
        let isMinimum: Bool
    }

    let path: String
    private(set) var name: String
    private(set) var about = ""
    private(set) var kind = Kind.overlay
    private(set) var seed = 1
    private(set) var regions = "internet"
    private(set) var overlay = OverlayScenario.Parameters()
    private(set) var jobs = JobScenario.Parameters()
    private(set) var targets: [Target] = []

    /// Where names are looked for: the working tree, then beside the binary.
    static var folders: [String] {
        var folders = ["netsim/scenarios"]
        if let binary = ProcessEnvironment.executable, let slash = binary.lastIndex(of: "/") {
            let folder = binary[..<slash]
            folders += ["\(folder)/../share/inferix/scenarios", "\(folder)/../../../netsim/scenarios"]
        }
        return folders
    }

    /// Every file that `list` shows, in the order of the names.
    static func all() -> [String] {
        for folder in folders {
            let files = Folder.names(in: folder).filter { $0.hasSuffix(".toml") }.sorted()
            if !files.isEmpty { return files.map { "\(folder)/\($0)" } }
        }
        return []
    }

    /// A path, or the name of a scenario that comes with netsim.
    init(named text: String) throws {
        if text.contains("/") || text.hasSuffix(".toml") {
            try self.init(path: text)
            return
        }
        let known = ScenarioFile.all()
        guard let path = known.first(where: { $0.hasSuffix("/\(text).toml") }) else {
            throw CommandFailure(
                .usage, "there is no scenario \(text)", advice: "`netsim list` names those there are; a path works as well")
        }
        try self.init(path: path)
    }

    init(path: String) throws {
        self.path = path
        name = String(path.split(separator: "/").last ?? "").replacing(".toml", with: "")
        for entry in try TOMLDocument(try Folder.text(of: path), place: path).entries {
            guard try set(entry.key, entry.item) else {
                throw CommandFailure(.configuration, "\(path): unknown key \(entry.key)", advice: "`netsim list` shows scenarios that work")
            }
        }
    }

    /// False where there is no such key.
    private mutating func set(_ key: String, _ item: TOMLItem) throws -> Bool {
        switch key {
        case "about": about = try text(key, item)
        case "regions": regions = try text(key, item)
        case "seed": seed = try number(key, item, 0...Int.max)
        case "kind":
            guard let kind = Kind(rawValue: try text(key, item)) else {
                throw CommandFailure(.configuration, "\(path): kind takes \(Kind.allCases.map(\.rawValue).joined(separator: " or "))")
            }
            self.kind = kind
        case "overlay.nodes": overlay.nodes = try number(key, item, 8...1_000_000)
        case "overlay.core_permille": overlay.coreShare = Double(try number(key, item, 1...1000)) / 1000
        case "overlay.joining_seconds": overlay.joining = .seconds(try number(key, item, 1...86_400))
        case "overlay.settling_seconds": overlay.settling = .seconds(try number(key, item, 1...86_400))
        case "overlay.measuring_seconds": overlay.measuring = .seconds(try number(key, item, 1...86_400))
        case "overlay.messages_per_minute": overlay.messagesPerSecond = Double(try number(key, item, 0...600_000)) / 60
        case "overlay.message_bytes": overlay.messageBytes = try number(key, item, 4...100_000)
        case "overlay.lookups_per_minute": overlay.lookupsPerSecond = Double(try number(key, item, 0...600_000)) / 60
        case "overlay.churn_percent_per_hour": overlay.churnPerHour = Double(try number(key, item, 0...10_000)) / 100
        case "overlay.downtime_seconds": overlay.downtime = .seconds(try number(key, item, 1...86_400))
        case "overlay.rehearsal_per_minute": overlay.rehearsalPerSecond = Double(try number(key, item, 0...600_000)) / 60
        case "overlay.contents": overlay.contents = try number(key, item, 0...100_000)
        case "overlay.silent_permille": overlay.silentShare = Double(try number(key, item, 0...900)) / 1000
        case "overlay.liars_permille": overlay.liarShare = Double(try number(key, item, 0...900)) / 1000
        case "overlay.sybils": overlay.sybils = try number(key, item, 0...1_000_000)
        case "links.loss_permille":
            overlay.links.loss = Double(try number(key, item, 0...500)) / 1000
            jobs.links.loss = overlay.links.loss
        case "links.jitter_permille":
            overlay.links.jitter = Double(try number(key, item, 0...1000)) / 1000
            jobs.links.jitter = overlay.links.jitter
        case let key where key.hasPrefix("jobs."): return try setJobs(String(key.dropFirst(5)), key, item)
        default:
            guard let target = try target(key, item) else { return false }
            targets.append(target)
        }
        return true
    }

    private mutating func setJobs(_ name: String, _ key: String, _ item: TOMLItem) throws -> Bool {
        switch name {
        case "workers": jobs.workers = try number(key, item, 1...1_000_000)
        case "verifiers": jobs.verifiers = try number(key, item, 1...1_000_000)
        case "clients": jobs.clients = try number(key, item, 1...100_000)
        case "jobs": jobs.jobs = try number(key, item, 1...10_000_000)
        case "submitting_seconds": jobs.submitting = .seconds(try number(key, item, 1...86_400))
        case "joining_seconds": jobs.joining = .seconds(try number(key, item, 1...86_400))
        case "limit_seconds": jobs.limit = .seconds(try number(key, item, 1...864_000))
        case "round_seconds": jobs.round = .seconds(try number(key, item, 1...3600))
        case "width": jobs.width = UInt32(try number(key, item, 8...65_536))
        case "height": jobs.height = UInt32(try number(key, item, 8...65_536))
        case "samples": jobs.samples = UInt32(try number(key, item, 1...65_536))
        case "scene_blocks": jobs.sceneBlocks = try number(key, item, 1...10_000)
        case "scene_block_bytes": jobs.sceneBlockBytes = try number(key, item, 1...1_048_576)
        case "challenges": jobs.raysPerChallenge = UInt32(try number(key, item, 1...4096))
        case "cheats": jobs.cheats = try number(key, item, 0...1_000_000)
        case "churn_percent_per_hour": jobs.churnPerHour = Double(try number(key, item, 0...10_000)) / 100
        case "downtime_seconds": jobs.downtime = .seconds(try number(key, item, 1...86_400))
        default: return false
        }
        return true
    }

    /// `targets.KEY_max` or `targets.KEY_min`; nil where no report has such a measure.
    private func target(_ key: String, _ item: TOMLItem) throws -> Target? {
        guard key.hasPrefix("targets."), key.hasSuffix("_max") || key.hasSuffix("_min") else { return nil }
        let measure = String(key.dropFirst(8).dropLast(4))
        guard ScenarioSummary.keys.contains(measure) else { return nil }
        return Target(key: measure, limit: try number(key, item, 0...Int.max), isMinimum: key.hasSuffix("_min"))
    }

    private func number(_ key: String, _ item: TOMLItem, _ range: ClosedRange<Int>) throws -> Int {
        guard case .integer(let value) = item, range.contains(value) else {
            throw CommandFailure(
                .configuration, "\(path): \(key) takes an integer of \(range.lowerBound) to \(range.upperBound), not \(item.literal)")
        }
        return value
    }

    private func text(_ key: String, _ item: TOMLItem) throws -> String {
        guard case .text(let value) = item else { throw CommandFailure(.configuration, "\(path): \(key) takes text, not \(item.kind)") }
        return value
    }

    mutating func override(seed: Int?, nodes: Int?) {
        if let seed { self.seed = seed }
        guard let nodes else { return }
        overlay.nodes = nodes
        // The same proportions with another number of leaves.
        let leaves = max(3, nodes - 1 - jobs.managers - jobs.clients)
        let share = Double(jobs.workers) / Double(jobs.workers + jobs.verifiers)
        jobs.workers = max(1, Int(Double(leaves) * share))
        jobs.verifiers = max(2, leaves - jobs.workers)
    }

    /// The latencies, from `regions/` beside the folder of the scenarios.
    func regionMatrix() throws -> RegionMatrix {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let candidates =
            regions.contains("/")
            ? [regions] : ["\(folder)/../regions/\(regions).txt"] + ScenarioFile.folders.map { "\($0)/../regions/\(regions).txt" }
        guard let file = candidates.first(where: { access($0, R_OK) == 0 }) else {
            throw CommandFailure(
                .configuration, "\(path): no region matrix \(regions)", advice: "looked for \(candidates.joined(separator: ", "))")
        }
        do {
            return try RegionMatrix(parsing: try Folder.text(of: file))
        } catch let error as RegionMatrix.Failure {
            throw CommandFailure(.configuration, "\(file): \(error.description)")
        }
    }
}

/// The little of the file system that scenarios need.
enum Folder {
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            )
        }
        return names
    }

    static func text(of path: String) throws -> String {
        guard let file = fopen(path, "r") else {
            throw CommandFailure(
                .usage, "\(path): \(String(cString: strerror(errno)))", advice: "`netsim list` names the scenarios that there are")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: TOMLDocument.sizeMax + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count <= TOMLDocument.sizeMax, let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw CommandFailure(.configuration, "\(path): is too large, or no text")
        }
        return text
    }
}
