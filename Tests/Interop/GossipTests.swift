import EventLoop
import Node
import Testing
import Wire

extension InteropTests {
    /// GossipSub on `/meshsub/1.1.0` with strict signatures, our node in the middle.
    @Suite struct GossipTests {
        /// Two peers that know each other only through our node, all of them in one mesh.
        private func relay(
            _ dialler: Dialler,
            _ body: (World, _ topic: String, _ node: OverlayNode, _ sender: PythonPeer, _ receiver: PythonPeer) throws -> Void
        ) throws {
            try World.run { world in
                // A DHT of its own: ours would tell the peers of each other.
                let node = try world.node(.init(prefix: "interop"))
                let sender = try world.peer("first")
                let receiver = try world.peer("second")
                let topic = world.topic
                node.subscribe(topic)
                for peer in [sender, receiver] {
                    try world.connect(node, peer, by: dialler)
                    try peer.call("subscribe", ["topic": topic])
                }
                for peer in [sender, receiver] {
                    try world.poll("our node is in the mesh of py-libp2p") {
                        try peer.call("mesh", ["topic": topic], as: [String].self).contains(node.name)
                    }
                    #expect(try peer.call("connected", as: [String].self) == [node.name])
                }
                try body(world, topic, node, sender, receiver)
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeRelaysSignedMessages(_ dialler: Dialler) throws {
            try relay(dialler) { world, topic, node, sender, receiver in
                let sizes = [1, 200, 20_000]
                for (index, size) in sizes.enumerated() {
                    let data = [UInt8](repeating: UInt8(index + 1), count: size)
                    try sender.call("publish", ["topic": topic, "data": Hex.encode(data)])
                    let expected = PythonPeer.Message(topic: topic, author: sender.name, data: data)
                    try world.wait("a message of \(size) bytes is relayed") { receiver.messages.contains(expected) }
                    #expect(node.gossip.contains(.init(topic: topic, author: try sender.id, data: data)))
                }
                #expect(receiver.messages.count == sizes.count)
                #expect(node.gossip.count == sizes.count)
            }
        }
    }
}
