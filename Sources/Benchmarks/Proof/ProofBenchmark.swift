internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO

/// What a proof costs: the Worker, the Verifiers, and the wire. One task of a scene is rendered, committed, challenged and verified
/// with the machines of the network; nothing of it is a model.
public struct ProofBenchmark {
    public struct Plan: Sendable {
        public var runs = 3
        /// Pixels of the task, samples, segments.
        public var width: UInt32 = 480
        public var height: UInt32 = 270
        public var samples: UInt32 = 64
        public var depth: UInt32 = 8
        /// Challenges by rays, and as many by area.
        public var challenges = ChallengeCount.standard
        public var verifiers = 2
        public var threads: Int?
        var marks = MarkBenchmark.Plan()

        public init() {}

        /// The commitment that the target for the Verifiers' work is stated for, really rendered: minutes.
        public static var full: Plan {
            var plan = Plan()
            (plan.runs, plan.width, plan.height) = (1, 1920, 1080)
            return plan
        }

        /// Everything once, as small as it goes.
        public static var tiny: Plan {
            var plan = Plan()
            (plan.runs, plan.width, plan.height, plan.challenges) = (1, 32, 24, 8)
            plan.marks = .tiny
            return plan
        }
    }

    private let plan: Plan

    private let node: String
    private let directory: String

    /// - Parameters:
    ///   - node: the program of the node, for checks in a process of their own.
    ///   - directory: for the pictures that it checks.
    public init(_ plan: Plan = Plan(), node: String, directory: String) {
        self.plan = plan
        self.node = node
        self.directory = directory
    }

    public func run(scene path: String, progress: (String) -> Void = { _ in }) throws -> BenchmarkReport {
        var report = BenchmarkReport("proof")
        progress("loading")
        do {
            let scene = try PreparedScene(try SceneReader().load(path: path).scene)
            var task = ProofTask(plan, scene: scene)
            for run in 0..<plan.runs {
                progress("rendering, run \(run + 1) of \(plan.runs)")
                try task.work()
                for verifier in 0..<plan.verifiers {
                    progress("verifying, run \(run + 1) of \(plan.runs)")
                    try task.verify(verifier)
                }
            }
            task.report(into: &report, name: String(path.split(separator: "/").last ?? ""))
            progress("marks")
            let marks = MarkBenchmark(plan.marks, threads: plan.threads)
            try marks.place(into: &report)
            let scratch = try ScratchDirectory(in: directory)
            try marks.check(scene: path, node: node, scratch: scratch.path, into: &report)
        } catch let error as MarkedScene.Failure {
            throw BenchmarkFailure("the scene has no room for marks (\(error))", advice: "Name another with --scene.")
        } catch let error as SceneError {
            throw BenchmarkFailure(error.description)
        } catch let error as SceneFormatError {
            throw BenchmarkFailure(error.description)
        } catch let error as RenderError {
            throw BenchmarkFailure(error.description)
        }
        return report
    }
}
