import Identity
import LibP2P
import NodeRuntime
import Testing
import Wire

extension InteropTests {
    /// Noise, Yamux, multistream, identify and ping.
    @Suite struct ConnectionTests {
        @Test(arguments: Dialler.allCases) func pingsGoBothWays(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)

                let theirs = try peer.call("ping", ["peer": node.name, "count": 3], as: [Int].self)
                #expect(theirs.count == 3)

                let handle = try #require(node.handles[try peer.id])
                for count in 1...3 {
                    node.driver.ping(handle)
                    try world.wait("pong \(count)") { node.roundTrips[handle, default: []].count == count }
                }
            }
        }

        @Test(arguments: Dialler.allCases) func identifyTellsBothSides(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)

                let theirs = try #require(node.information[try peer.id])
                #expect(theirs.agent == "py-libp2p/0.8.1")
                #expect(theirs.protocols.isSuperset(of: [.identify, .identifyPush, .ping, .kademlia, .gossip, .bitswap]))
                #expect(theirs.listenAddresses == [try peer.address.withoutPeer])
                #expect(theirs.isCertified, "the addresses come from a signed peer record")
                #expect(theirs.observedAddress?.components.first == .ip4(0x7f00_0001))

                let ours = try peer.call("identify", ["peer": node.name], as: [String: Any].self)
                #expect(ours["agent"] as? String == "interop")
                #expect(ours["listen"] as? [String] == ["\(node.address)"])
                #expect((ours["observed"] as? String)?.hasPrefix("/ip4/127.0.0.1/tcp/") == true)
                #expect((ours["signed_record"] as? Int ?? 0) > 0)
                let protocols = Set(ours["protocols"] as? [String] ?? [])
                #expect(
                    protocols.isSuperset(of: [
                        "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0", "/ipfs/kad/1.0.0", "/meshsub/1.1.0",
                        "/ipfs/bitswap/1.2.0",
                    ]))
            }
        }

        /// py-libp2p 0.8.1 names no multiplexers in the handshake: both sides negotiate inside Noise. With the extension neither
        /// does; the peer would take a negotiation for broken Yamux.
        @Test(arguments: Dialler.allCases, [true, false])
        func theMultiplexerIsSettledEarlyOrByNegotiation(_ dialler: Dialler, isEarly: Bool) throws {
            try World.run { world in
                let node = try world.node()
                let peer = isEarly ? try world.peer("early", "/ipfs", "--early-muxer") : try world.peer()
                try world.connect(node, peer, by: dialler)
                #expect(try peer.call("settled_muxer_early", ["peer": node.name], as: Bool.self) == isEarly)
                #expect(try peer.call("ping", ["peer": node.name, "count": 1], as: [Int].self).count == 1)
            }
        }

        @Test func whoeverAnswersMustBeWhoWasDialled() throws {
            try World.run { world in
                let node = try world.node()
                let stranger = try world.node()
                let peer = try world.peer()
                // The peer's address under somebody else's name, from either side.
                node.driver.perform(.dial(stranger.id, [try peer.address.withoutPeer]))
                try world.wait("our node refuses") { node.failures[stranger.id] != nil }
                #expect(node.failures[stranger.id] == .wrongPeer)
                #expect(throws: PythonPeer.Refusal.self) {
                    try peer.call("dial", ["addr": "\(node.address.appending(stranger.id))"])
                }
                #expect(node.handles.isEmpty)
            }
        }
    }
}
