import EventLoop
import Glibc
import RenderEngine
import RenderModel
import Testing

/// The engine as a child process, driven from a loop.
@Suite(.serialized) struct EngineClientTests {
    /// The binary that this package builds beside its tests.
    static let node: String = {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/node"
    }()

    /// Runs a body with a loop and a client; both are closed afterwards and nothing may be left.
    func withClient(
        _ adjust: (inout EngineClient.Parameters) -> Void = { _ in }, _ body: (EventLoop, EngineClient) throws -> Void
    ) throws {
        try #require(access(EngineClientTests.node, X_OK) == 0, "the node binary lies beside the tests")
        let loop = try EventLoop()
        var parameters = EngineClient.Parameters()
        parameters.path = EngineClientTests.node
        parameters.arguments = ["engine", "--device", "native", "--threads", "2"]
        adjust(&parameters)
        let client = try EngineClient(loop: loop, parameters: parameters)
        try body(loop, client)
        client.close()
        try loop.shutdown()
    }

    @Test func rendersWhatTheDeviceRenders() throws {
        let scene = KnownAnswers.night
        let request = Requests.full(width: 20, height: 12, samples: 40, layers: [.alpha, .depth])
        let expected = try NativeDevice(threads: 1).render(PreparedScene(scene), request)
        try withClient { loop, client in
            var results: [Result<TileRecords, EngineFailure>] = []
            let bundle = EngineScene(try scene.encode())
            for _ in 0..<2 { try client.render(bundle, request) { results.append($0) } }
            #expect(try loop.run(for: .seconds(60)) { results.count == 2 })
            for result in results { #expect(try result.get() == expected) }
            #expect(client.hello?.device == "native")
            #expect(try client.hello?.profile == KnownAnswers.profile(of: NativeDevice(threads: 1)))
        }
    }

    @Test func recomputesPlaces() throws {
        let scene = KnownAnswers.medley
        let request = Requests.full(width: 16, height: 16, samples: 20)
        let places = [RecordPlace(x: 3, y: 4, bucket: 1), RecordPlace(x: 15, y: 0, bucket: 0)]
        let expected = try NativeDevice(threads: 1).recompute(PreparedScene(scene), request, places: places)
        try withClient { loop, client in
            var result: Result<[RecordValue], EngineFailure>?
            try client.recompute(EngineScene(try scene.encode()), request, places: places) { result = $0 }
            #expect(try loop.run(for: .seconds(60)) { result != nil })
            #expect(try result?.get() == expected)
        }
    }

    @Test func refusesWithAReasonAndGoesOn() throws {
        let scene = KnownAnswers.night
        var bad = Requests.full(width: 8, height: 8, samples: 16)
        bad.settings.camera = 7
        let good = Requests.full(width: 8, height: 8, samples: 16)
        try withClient { loop, client in
            var failures: [EngineFailure] = []
            var done = false
            let engineScene = EngineScene(try scene.encode())
            var hollow = engineScene
            hollow.root = try KnownAnswers.medley.encode().root
            hollow.manifest = [1, 2, 3]
            try client.render(engineScene, bad) { if case .failure(let failure) = $0 { failures.append(failure) } }
            try client.render(hollow, good) { if case .failure(let failure) = $0 { failures.append(failure) } }
            try client.render(engineScene, good) { done = (try? $0.get()) != nil }
            #expect(try loop.run(for: .seconds(60)) { done })
            #expect(failures.count == 2)
            #expect(failures.first == .refused(reason: RenderError.noCamera(index: 7).description))
            #expect(client.deaths == 0)
        }
    }

    @Test func missingBlockFailsTheRequestAlone() throws {
        let bundle = try KnownAnswers.medley.encode()
        try #require(!bundle.blocks.isEmpty)
        let request = Requests.full(width: 8, height: 8, samples: 16)
        try withClient { loop, client in
            var broken = EngineScene(bundle)
            broken.block = { _ in nil }
            var failure: EngineFailure?
            var done = false
            try client.render(broken, request) { if case .failure(let reason) = $0 { failure = reason } }
            try client.render(EngineScene(bundle), request) { done = (try? $0.get()) != nil }
            #expect(try loop.run(for: .seconds(60)) { done })
            #expect(failure == .missingBlock(bundle.blocks[0].id))
        }
    }

    @Test func survivesTheDeathOfTheEngine() throws {
        let scene = EngineScene(try KnownAnswers.night.encode())
        let long = Requests.full(width: 256, height: 256, samples: 4096)
        let short = Requests.full(width: 8, height: 8, samples: 16)
        try withClient({ $0.attemptsMax = 1 }) { loop, client in
            var failure: EngineFailure?
            var done = false
            var killed = false
            try client.render(
                scene, long,
                progress: { _ in
                    guard !killed, let child = client.processID else { return }
                    killed = true
                    kill(child, SIGKILL)
                }, completion: { if case .failure(let reason) = $0 { failure = reason } })
            try client.render(scene, short) { done = (try? $0.get()) != nil }
            #expect(try loop.run(for: .seconds(60)) { done })
            #expect(failure == .died(reason: "it was killed by signal 9"))
            #expect(client.deaths == 1)
        }
    }

    @Test func cancelsAndTimesOut() throws {
        let scene = EngineScene(try KnownAnswers.night.encode())
        let long = Requests.full(width: 256, height: 256, samples: 4096)
        let short = Requests.full(width: 8, height: 8, samples: 16)
        try withClient { loop, client in
            var calls = 0
            var failure: EngineFailure?
            var done = false
            let ticket = try client.render(scene, long) { _ in calls += 1 }
            let waiting = try client.render(scene, long) { _ in calls += 1 }
            client.cancel(waiting)
            try client.render(scene, short) { done = (try? $0.get()) != nil }
            #expect(try loop.run(for: .seconds(30)) { client.hello != nil })
            client.cancel(ticket)
            #expect(try loop.run(for: .seconds(60)) { done })
            #expect(calls == 0)
            try client.render(scene, long, limit: .milliseconds(300)) { if case .failure(let reason) = $0 { failure = reason } }
            #expect(try loop.run(for: .seconds(60)) { failure != nil })
            #expect(failure == .timedOut(after: .milliseconds(300)))
        }
    }

    @Test func reportsAProgramThatIsNoEngine() throws {
        for path in ["/bin/true", "/nonexistent/engine"] {
            try withClient({ $0.path = path }) { loop, client in
                var failure: EngineFailure?
                try client.render(
                    EngineScene(try KnownAnswers.night.encode()), Requests.full(width: 8, height: 8, samples: 16)
                ) { if case .failure(let reason) = $0 { failure = reason } }
                #expect(try loop.run(for: .seconds(30)) { failure != nil })
                guard case .died = failure else { return #expect(Bool(false), "\(path): \(String(describing: failure))") as Void }
            }
        }
    }

    @Test func boundsItsQueue() throws {
        try withClient({ $0.requestsMax = 2 }) { _, client in
            let scene = EngineScene(try KnownAnswers.night.encode())
            let request = Requests.full(width: 8, height: 8, samples: 16)
            for _ in 0..<2 { try client.render(scene, request) { _ in } }
            #expect(throws: EngineFailure.queueFull(max: 2)) { try client.render(scene, request) { _ in } }
        }
    }
}
