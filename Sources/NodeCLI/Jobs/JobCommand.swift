internal import ArgumentParser
internal import Console
internal import Glibc
internal import NodeRuntime
internal import Roles
internal import Wire

struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "List, watch, steer and fetch jobs.",
        discussion:
            "Asks the running node of the data directory; with --network or --manager it asks the network's Manager as the client that submitted.",
        subcommands: [
            List.self, Show.self, Watch.self, Why.self, Pause.self, Resume.self, Cancel.self, Retry.self, Fetch.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the jobs.")
        @OptionGroup var target: JobTarget
        @OptionGroup var output: JSONOption

        func run() throws {
            let jobs = try target.list()
            output.print(.object(["jobs": .array(jobs)]), text: JobText.list(jobs))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a job and its tasks.")
        @OptionGroup var target: JobTarget
        @OptionGroup var output: JSONOption
        @Argument(help: "The job's id, or its first digits.") var job: String

        func run() throws {
            let status = try target.with(job) { try $0.status() }
            output.print(status, text: JobText.show(status))
        }
    }

    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Watch a job until it ends; exit 5 where it fails.")
        @OptionGroup var target: JobTarget
        @OptionGroup var output: JSONOption
        @Argument(help: "The job's id, or its first digits.") var job: String

        func run() throws {
            let display = LiveDisplay()
            let status = try target.with(job) { handle in
                while true {
                    let status = try handle.status()
                    let (stage, detail) = JobText.progress(status)
                    display.show(stage, detail)
                    if ["verified", "failed", "cancelled"].contains(status["phase"]?.string) { return status }
                    try handle.pause(seconds: 1)
                }
            }
            display.finish()
            output.print(status, text: JobText.summary(status))
            if status["phase"]?.string != "verified" {
                throw CommandFailure(.jobFailed, "the job is \(status["phase"]?.string ?? "unknown"): \(JobText.why(status))")
            }
        }
    }

    struct Why: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Why a job is not further, in the scheduler's own reasons.")
        @OptionGroup var target: JobTarget
        @OptionGroup var output: JSONOption
        @Argument(help: "The job's id, or its first digits.") var job: String

        func run() throws {
            let status = try target.with(job) { try $0.status() }
            let members: JSON.Members = [
                "job": status["job"] ?? .null, "phase": status["phase"] ?? .null, "reasons": status["reasons"] ?? .array([]),
            ]
            output.print(.object(members), text: JobText.why(status))
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Offer no further tasks of a job.")
        @OptionGroup var steering: Steering
        func run() throws { try steering.run(.pause, "paused") }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with a paused job.")
        @OptionGroup var steering: Steering
        func run() throws { try steering.run(.resume, "resumed") }
    }

    struct Cancel: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a job; what is verified stays.")
        @OptionGroup var steering: Steering
        func run() throws { try steering.run(.cancel, "cancelled") }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Try the tasks again that were given up.")
        @OptionGroup var steering: Steering
        func run() throws { try steering.run(.retry, "the tasks that were given up are tried again") }
    }

    struct Fetch: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Get the pictures of a job; waits for those that are not verified.")
        @OptionGroup var target: JobTarget
        @OptionGroup var output: JSONOption
        @Option(name: .long, help: ArgumentHelp("Where the pictures go.", valueName: "dir")) var out: String
        @Option(name: .long, help: ArgumentHelp("Stops, for PNG.", valueName: "EV")) var exposure = 0.0
        @Argument(help: "The job's id, or its first digits.") var job: String

        func run() throws { try FetchRun(target: target, output: output, out: out, exposure: exposure, job: job).run() }
    }
}

/// What the verbs that change a job have in common.
struct Steering: ParsableArguments {
    @OptionGroup var target: JobTarget
    @OptionGroup var output: JSONOption
    @Argument(help: "The job's id, or its first digits.") var job: String

    func run(_ control: AdminRequest.JobControl, _ done: String) throws {
        output.print(try target.with(job) { try $0.control(control) }, text: done)
    }
}
