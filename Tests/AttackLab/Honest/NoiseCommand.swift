import ArgumentParser
import Foundation
import ProofOfRender
import RenderModel
import Wire

/// Honest work of a build that does not keep to profile D, judged by the rules for that case: how much of it differs, and by how much.
struct NoiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noise",
        abstract: "Measure what differs between a build with profile D and one without, and what the rules make of it.",
        discussion: "Two builds are read from the standard input: the Verifier's, then the Worker's.")

    @Option(help: "Tasks of 32×32 pixels.") var tasks = 100
    @Option(help: "Samples of each pixel.") var samples: UInt32 = 32

    func run() throws {
        var servers: [KernelServer] = []
        defer { for server in servers { server.finish() } }
        while let line = readLine() {
            let fields = line.split(separator: "\t").map(String.init)
            guard fields.count == 2 else { throw ValidationError("not a build: \(line)") }
            servers.append(try KernelServer(name: fields[0], command: fields[1]))
        }
        guard servers.count == 2, tasks > 0 else { throw ValidationError("needs two builds, and tasks") }
        let hearing = Hearing()
        var (records, bits, beyond, heard) = (0, 0, 0, 0)
        var rejects = [0, 0, 0, 0]
        var number: UInt64 = 0
        while heard < tasks {
            number += 1
            // Whether such light is there at all is up to the build: it may flush subnormal numbers to zero.
            let probe = offer(number, .zero, hearing)
            let features = try servers[0].records(probe.renderRequest(offer: hearing.id(probe)), scene: number).features
            guard !features.contains(.subnormalLight) else { continue }
            heard += 1
            for (rule, profile) in [DecisionRule.countedProfile, DecisionRule.sequentialProfile].enumerated() {
                let offer = offer(number, profile, hearing)
                let request = offer.renderRequest(offer: hearing.id(offer))
                let foreign = try servers[1].records(request, scene: number).records
                if rule == 0 {
                    let own = try servers[0].records(request, scene: number).records
                    for record in own.rays.indices {
                        records += 1
                        if !own.isEqual(to: foreign, record) { bits += 1 }
                        let (a, b) = (own.value(record), foreign.value(record))
                        if !RecordTolerance().matches(a, b, samples: 16) { beyond += 1 }
                    }
                }
                var faked = foreign
                for record in faked.rays.indices where record / faked.bucketCount % 10 == 0 {
                    for channel in 0..<3 { faked.sums[record * 3 + channel] *= 0.5 }
                }
                for (column, work) in [foreign, faked].enumerated() {
                    let heard = try hearing.hear(Work(records: work), offer, trial: number) { request, places in
                        try servers[0].recompute(request, scene: number, places: places)
                    }
                    if case .reject? = heard.outcome { rejects[2 * rule + column] += 1 }
                }
            }
        }
        func percent(_ count: Int) -> String { Rate.text(Double(count) / Double(records)) }
        print("\(records) records: \(percent(bits)) differ in a bit, \(percent(beyond)) beyond the tolerance")
        print("counted: \(rejects[0]) of \(tasks) honest tasks rejected, \(rejects[1]) of \(tasks) with 10 % faked")
        print("sequential: \(rejects[2]) of \(tasks) honest tasks rejected, \(rejects[3]) of \(tasks) with 10 % faked")
    }

    private func offer(_ number: UInt64, _ profile: Bytes32, _ hearing: Hearing) -> Offer {
        var offer = HonestTask(number: number, hearing: hearing).offer
        (offer.settings.width, offer.settings.height, offer.settings.samples, offer.settings.depth) = (32, 32, samples, 4)
        (offer.tile, offer.samples) = (Tile(x: 0, y: 0, width: 32, height: 32), 0..<samples)
        (offer.profile, offer.rayChallenges, offer.areaChallenges) = (profile, 256, 256)
        return offer
    }
}

extension TileRecords {
    fileprivate func value(_ record: Int) -> RecordValue {
        RecordValue(sums: SIMD3(sums[record * 3], sums[record * 3 + 1], sums[record * 3 + 2]), rays: rays[record])
    }
}
