import CRenderKernels
import EventLoop
import Glibc
import RenderEngine
import RenderModel
import Testing

/// A job whose engine is killed and hung again and again.
@Suite(.serialized) struct EngineFaultTests {
    private static let faults = 50

    /// Numbers that choose when and how; the same every time.
    private func number(_ k: Int) -> UInt32 {
        var out = [UInt32](repeating: 0, count: 4)
        rk_test_philox([UInt32(k), 0, 0, 0], [3, 4], &out)
        return out[0]
    }

    /// What a job has given, and what was done to its engines.
    private final class Job {
        var results: [Int: TileRecords] = [:]
        var completions = 0
        var faults = 0
        var victim: Int32 = 0
    }

    /// Kills or hangs the engine once, some time after its greeting; now and then while it starts. False where there was none.
    private func disturb(_ client: EngineClient, _ loop: EventLoop, _ job: Job) throws -> Bool {
        let early = number(job.faults) % 8 == 0
        let last = job.victim
        let there = try loop.run(for: .seconds(60)) {
            client.processID.map { $0 != last } == true && (early || client.hello != nil)
        }
        guard there, let child = client.processID else { return false }
        _ = try loop.run(for: .microseconds(Int(number(job.faults + 1000) % 4000))) { false }
        guard client.processID == child else { return true }
        job.victim = child
        kill(child, number(job.faults + 2000) % 10 == 0 && client.hello != nil ? SIGSTOP : SIGKILL)
        job.faults += 1
        return true
    }

    /// Every tile arrives once, with the bits of an undisturbed render.
    @Test func aJobLosesNothing() throws {
        let scene = KnownAnswers.night
        let tiles = (0..<6 as Range<UInt32>).map { Tile(x: $0 % 3 * 16, y: $0 / 3 * 16, width: 16, height: 16) }
        let requests = tiles.map { tile in
            var request = Requests.full(width: 48, height: 32, samples: 64)
            request.tile = tile
            return request
        }
        let prepared = try PreparedScene(scene)
        let expected = try requests.map { try NativeDevice(threads: 2).render(prepared, $0) }
        let bundle = EngineScene(try scene.encode())
        let job = Job()
        try EngineClientTests().withClient({
            $0.attemptsMax = EngineFaultTests.faults + 1
            $0.silenceMax = .milliseconds(400)
            $0.restartDelay = .milliseconds(1)
            $0.restartDelayMax = .milliseconds(5)
        }) { loop, client in
            for (index, request) in requests.enumerated() {
                try client.render(bundle, request) {
                    job.completions += 1
                    job.results[index] = try? $0.get()
                }
            }
            while job.faults < EngineFaultTests.faults, job.results.count < requests.count - 1 {
                guard try disturb(client, loop, job) else { break }
            }
            #expect(try loop.run(for: .seconds(120)) { job.completions == requests.count })
            #expect(job.faults == EngineFaultTests.faults)
            #expect(client.deaths >= job.faults * 9 / 10, "\(client.deaths) deaths")
        }
        for (index, records) in expected.enumerated() { #expect(job.results[index] == records) }
    }

    /// A request that kills every engine is given up.
    @Test func attemptsAreBounded() throws {
        let scene = EngineScene(try KnownAnswers.night.encode())
        try EngineClientTests().withClient({ $0.restartDelay = .milliseconds(1) }) { loop, client in
            var failure: EngineFailure?
            try client.render(
                scene, Requests.full(width: 256, height: 256, samples: 4096),
                progress: { _ in if let child = client.processID { kill(child, SIGKILL) } },
                completion: { if case .failure(let reason) = $0 { failure = reason } })
            #expect(try loop.run(for: .seconds(60)) { failure != nil })
            #expect(failure == .died(reason: "it was killed by signal 9"))
            #expect(client.deaths == client.parameters.attemptsMax)
        }
    }

    /// The engine says what confines it, and the kernel agrees: no new privileges, and a filter on its calls.
    @Test func theEngineIsConfined() throws {
        let supported = EngineSandbox.supported
        try EngineClientTests().withClient { loop, client in
            client.start()
            #expect(try loop.run(for: .seconds(60)) { client.hello != nil })
            #expect(client.hello?.sandbox == supported.description)
            let child = try #require(client.processID)
            let file = try #require(fopen("/proc/\(child)/status", "r"))
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 8192)
            let count = fread(&bytes, 1, bytes.count, file)
            let status = String(decoding: bytes[..<count], as: UTF8.self)
            #expect(status.contains("NoNewPrivs:\t1"))
            if supported.confinesNetwork { #expect(status.contains("Seccomp:\t2")) }
        }
    }
}
