import EventLoop
import Foundation
import Testing

/// How long a test waits before it says that something never happened. Not a limit on speed: a condition ends the wait.
let patience = Duration.seconds(LoadSize.isFull ? 700 : 90)

/// With `INTEROP_FULL` in the environment much-at-once has the sizes that the network must stand; else a sixteenth of them.
enum LoadSize {
    static let isFull = ProcessInfo.processInfo.environment["INTEROP_FULL"] != nil
}

/// One loop with our nodes and the processes of independent peers, all on the thread of the test that runs.
///
/// A py-libp2p process takes a second or more to start, so tests share a few of them, by name. Nodes of ours, and peers that a test
/// wants for itself, last as long as the test.
final class World {
    // One test at a time uses it: the suite is serialized.
    nonisolated(unsafe) private static let shared = Result { try World() }

    let loop: EventLoop
    private var nodes: [OverlayNode] = []
    private var sharedPeers: [String: PythonPeer] = [:]
    private var ownPeers: [PythonPeer] = []
    private var testCount = 0

    private init() throws { loop = try EventLoop() }

    /// Runs a test and requires that it leaves no handle, no request and no process of its own behind.
    static func run(_ location: SourceLocation = #_sourceLocation, _ body: (World) throws -> Void) throws {
        let world = try shared.get()
        world.testCount += 1
        let result = Result { try body(world) }
        for node in world.nodes { node.close() }
        for peer in world.ownPeers { peer.close() }
        world.nodes = []
        world.ownPeers = []
        world.sharedPeers = world.sharedPeers.filter { $0.value.process.exitStatus == nil }
        try world.wait("everything is closed, \(world.loop.handleDescriptions)", location) {
            // A process and the pipes of its three streams.
            world.loop.handleCount <= world.sharedPeers.count * 4 + 1 && world.loop.requestCount == 0
        }
        try result.get()
    }

    /// Different in every test: peers remember what they heard.
    var topic: String { "interop-\(testCount)" }

    /// Starts a node of ours that listens on loopback.
    func node(_ options: OverlayNode.Options = .init()) throws -> OverlayNode {
        let node = try OverlayNode(loop: loop, options)
        nodes.append(node)
        return node
    }

    /// A py-libp2p process of the test's own.
    func newPeer(_ arguments: String...) throws -> PythonPeer {
        let peer = try PythonPeer(loop: loop, arguments)
        ownPeers.append(peer)
        try wait("py-libp2p listens") { !peer.addresses.isEmpty }
        return peer
    }

    /// Ends a process of the test's own, at once and without a word.
    func kill(_ peer: PythonPeer) {
        ownPeers.removeAll { $0 === peer }
        peer.close()
    }

    /// A py-libp2p process that other tests have used, and have no connection to any more.
    func peer(_ name: String = "first", _ arguments: String...) throws -> PythonPeer {
        if let peer = sharedPeers[name], peer.process.exitStatus == nil {
            peer.forgetMessages()
            try poll("py-libp2p has noticed the end of the last test") { try peer.call("connected", as: [String].self).isEmpty }
            try peer.call("forget")
            return peer
        }
        let peer = try PythonPeer(loop: loop, arguments)
        sharedPeers[name] = peer
        try wait("py-libp2p listens") { !peer.addresses.isEmpty }
        return peer
    }

    /// Runs the loop until the condition holds, and fails the test where it never does.
    func wait(
        _ what: @autoclosure () -> String, _ location: SourceLocation = #_sourceLocation, until condition: () throws -> Bool
    ) throws {
        var failure: (any Error)?
        var dead: PythonPeer?
        let held = try loop.run(for: patience) {
            dead = (ownPeers + sharedPeers.values).first { $0.process.exitStatus != nil }
            do { return try condition() || dead != nil } catch { failure = error }
            return true
        }
        if let failure { throw failure }
        if let dead { Issue.record("py-libp2p ended: \(dead.complaints)", sourceLocation: location) }
        try #require(held, "never happened: \(what())", sourceLocation: location)
    }

    /// As `wait`, for a condition that a peer has to be asked about: asks again and again.
    func poll(
        _ what: String, _ location: SourceLocation = #_sourceLocation, until condition: () throws -> Bool
    ) throws {
        let deadline = loop.deadline(after: patience)
        while try !condition() {
            try #require(loop.now < deadline, "never happened: \(what)", sourceLocation: location)
            _ = try loop.run(for: .milliseconds(20)) { false }
        }
    }
}
