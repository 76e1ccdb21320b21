import ArgumentParser
import Foundation
import ProofOfRender
import RenderModel

/// Honest work of one build of the kernels, checked with another.
struct HonestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "honest", abstract: "Count how often honest work is rejected when Worker and Verifier have different builds.",
        discussion: "Builds are read from the standard input, one a line: name, tab, command. Tests/Bits/run makes them.")

    @Option(help: "Tasks over all pairs of builds.") var tasks = 10_000
    @Option(help: "Number of the first task.") var first: UInt64 = 0
    @Flag(help: "The last build does not keep to profile D: require that its work is rejected.") var control = false

    func run() throws {
        guard tasks > 0 else { throw ValidationError("--tasks takes 1 and more") }
        var servers: [KernelServer] = []
        defer { for server in servers { server.finish() } }
        while let line = readLine() {
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 2 else { throw ValidationError("not a build: \(line)") }
            servers.append(try KernelServer(name: fields[0], command: fields[1]))
        }
        guard servers.count > 1 else { throw ValidationError("needs two builds and more") }
        var campaign = HonestCampaign(builds: servers.map(\.name))
        let pairs = control ? servers.indices.dropLast().map { (servers.count - 1, $0) } : campaign.pairs
        for number in 0..<tasks {
            let (worker, verifier) = pairs[number % pairs.count]
            try campaign.hear(first + UInt64(number), worker: servers[worker], verifier: servers[verifier], pair: (worker, verifier))
        }
        print(campaign.report)
        if control ? campaign.rejects == 0 : campaign.rejects > 0 {
            print(control ? "honest: the campaign does not see a build that differs" : "honest: honest work was rejected")
            throw ExitCode.failure
        }
    }
}

/// Tasks heard, and what became of them.
struct HonestCampaign {
    let builds: [String]
    /// By Worker's build × Verifier's build.
    private var counts: [Int]
    private var rejected: [Int]
    private var features = [Int](repeating: 0, count: SceneFeatures.names.count)
    /// Tasks with a sum that is a subnormal number, and with a side or a number of samples that fits no block or bucket.
    private var (subnormal, odd) = (0, 0)
    private var firstRejects: [String] = []
    private let hearing = Hearing()

    init(builds: [String]) {
        self.builds = builds
        counts = [Int](repeating: 0, count: builds.count * builds.count)
        rejected = counts
    }

    /// Every build as the Worker's with every other as the Verifier's.
    var pairs: [(Int, Int)] {
        builds.indices.flatMap { worker in builds.indices.filter { $0 != worker }.map { (worker, $0) } }
    }

    var rejects: Int { rejected.reduce(0, +) }

    mutating func hear(_ number: UInt64, worker: KernelServer, verifier: KernelServer, pair: (worker: Int, verifier: Int)) throws {
        let task = HonestTask(number: number, hearing: hearing)
        let request = task.offer.renderRequest(offer: hearing.id(task.offer))
        let (records, found) = try worker.records(request, scene: task.scene)
        let heard = try hearing.hear(Work(records: records), task.offer, trial: number) { request, places in
            try verifier.recompute(request, scene: task.scene, places: places)
        }
        guard let outcome = heard.outcome else { throw Hearing.Failure(text: "no verdict") }
        let cell = pair.worker * builds.count + pair.verifier
        counts[cell] += 1
        for feature in features.indices where found.rawValue >> UInt32(feature) & 1 == 1 { features[feature] += 1 }
        if records.sums.contains(where: \.isSubnormal) { subnormal += 1 }
        if records.tile.width % 4 != 0 || records.tile.height % 4 != 0 || records.samples.count % 16 != 0 { odd += 1 }
        guard outcome != .accept else { return }
        rejected[cell] += 1
        if firstRejects.count < 5 { firstRejects.append("task \(number), \(worker.name) by \(verifier.name): \(outcome)") }
    }

    var report: String {
        var lines = ["| Worker \\ Verifier | " + builds.joined(separator: " | ") + " |", "|---|" + builds.map { _ in "---|" }.joined()]
        for worker in builds.indices {
            let cells = builds.indices.map { verifier in
                let cell = worker * builds.count + verifier
                return counts[cell] == 0 ? "" : "\(rejected[cell]) of \(counts[cell])"
            }
            lines.append("| \(builds[worker]) | " + cells.joined(separator: " | ") + " |")
        }
        let parts = zip(features, SceneFeatures.names).map { "\($0) with \($1)" }
        lines.append("\(parts.joined(separator: ", ")); \(subnormal) with subnormal sums, \(odd) of odd sizes")
        let total = counts.reduce(0, +)
        // One-sided 95 %: what a two-sided interval of 90 % leaves above.
        let bound = Binomial(trials: total).interval(rejects, confidence: 0.90).upperBound
        lines.append("\(rejects) of \(total) rejected: the rate is at most \(Rate.text(bound)) (95 %)")
        return (lines + firstRejects).joined(separator: "\n")
    }
}
