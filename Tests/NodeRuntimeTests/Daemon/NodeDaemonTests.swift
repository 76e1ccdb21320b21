import Crypto
import EventLoop
import Identity
import Logging
import Node
import Testing
import Wire

@testable import NodeRuntime

@Suite("Daemon")
struct NodeDaemonTests {
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func settings(_ directory: TemporaryDirectory, roles: [NodeRole] = []) throws -> DaemonSettings {
        var configuration = Configuration()
        configuration.roles = roles
        configuration.listen = [.tcp4(0x7f00_0001, port: 0)]
        return DaemonSettings(
            keyPair: .generate(), places: Places(directory: directory.path), definition: .development, configuration: configuration)
    }

    /// Writes what a process writes when it is ready.
    private func publish(_ daemon: NodeDaemon) throws {
        try RunFile(
            processID: 1, peer: daemon.node.identity, address: daemon.network.adminAddress,
            prefix: daemon.settings.definition.protocolPrefix
        ).write(daemon.settings.places)
    }

    @Test func itAnswersCommandsDrainsAndLeavesNothingOpen() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let daemon = try NodeDaemon(loop: loop, settings: try settings(directory, roles: [.verifier]), log: log)
        var stopped: [DaemonError?] = []
        daemon.onStopped = { stopped.append($0) }
        try daemon.start()
        try publish(daemon)
        #expect(daemon.network.addresses.count == 1)

        var answer: Result<JSON, DaemonError>?
        let call = try AdminCall(.status, of: daemon.settings.places, loop: loop) { answer = $0 }
        #expect(try loop.run(for: .seconds(60)) { answer != nil })
        let status = try #require(try answer?.get())
        #expect(status["peer"]?.string == daemon.node.identity.description)
        #expect(status["roles"]?.elements.map { $0["role"]?.string } == ["verifier"])
        call.cancel()

        daemon.drain()
        #expect(try loop.run(for: .seconds(60)) { !stopped.isEmpty })
        #expect(stopped == [nil])
        #expect(daemon.phase == .stopped)
        try loop.shutdown()
    }

    @Test func strangersAreNotAnswered() throws {
        let (own, foreign) = (try TemporaryDirectory(), try TemporaryDirectory())
        let loop = try EventLoop()
        let daemon = try NodeDaemon(loop: loop, settings: try settings(own, roles: [.verifier]), log: log)
        try daemon.start()
        // A directory that points to the node, with another admin key.
        let stranger = Places(directory: foreign.path)
        try RunFile(
            processID: 1, peer: daemon.node.identity, address: daemon.network.adminAddress,
            prefix: daemon.settings.definition.protocolPrefix
        ).write(stranger)
        _ = try PlainKey.obtain(stranger.adminKey)
        var answer: Result<JSON, DaemonError>?
        let call = try AdminCall(.drain, of: stranger, loop: loop) { answer = $0 }
        #expect(try loop.run(for: .seconds(60)) { answer != nil })
        guard case .failure(let error) = answer else {
            Issue.record("a stranger was answered")
            return
        }
        #expect(error.status == .refused)
        #expect(daemon.phase == .running)
        call.cancel()
        daemon.stopNow()
        try loop.shutdown()
    }

    @Test func aPortInUseIsAnErrorThatSaysWhatToDo() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        let taken = try TCPListener(loop: loop, address: SocketAddress(.loopback4, port: 0)) { _ in }
        var settings = try settings(directory)
        settings.configuration.listen = [.tcp4(0x7f00_0001, port: taken.address.port)]
        do {
            _ = try NodeDaemon(loop: loop, settings: settings, log: log)
            Issue.record("two listeners on one port")
        } catch {
            #expect(error.status == .failed)
            #expect(error.problem.contains("is in use by another process"))
        }
        try loop.shutdown()
    }

    @Test func aKeyThatOthersMayReadIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key"
        let key = try PlainKey.obtain(path)
        #expect(try PlainKey.obtain(path).publicKey == key.publicKey, "made once")
        try TextFile.write(KeyFile.plain(key), to: path, mode: 0o644)
        #expect(throws: DaemonError.self) { try PlainKey.obtain(path) }
    }
}
