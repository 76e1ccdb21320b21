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
                // They have it there before they say so: until their word comes, nothing is relayed to them.
                try world.wait("both peers are in the mesh of our node") { node.mesh(of: topic).count == 2 }
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

        /// What they take, an independent implementation has verified.
        @Test(arguments: Dialler.allCases) func peersTakeWhatOurNodeSigns(_ dialler: Dialler) throws {
            try relay(dialler) { world, topic, node, first, second in
                let data: [UInt8] = [1, 2, 3]
                node.publish(topic, data)
                let expected = PythonPeer.Message(topic: topic, author: node.name, data: data)
                for peer in [first, second] {
                    try world.wait("our message arrives") { peer.messages.contains(expected) }
                }
            }
        }

        static let flaws = ["unsigned", "altered", "wrong key", "another's key", "another author"]

        /// The receiver would refuse them, too: what counts is that nothing reaches it.
        @Test(arguments: Dialler.allCases, flaws) func ourNodeRelaysNoForgery(_ dialler: Dialler, flaw: String) throws {
            try relay(dialler) { world, topic, node, sender, receiver in
                let forged: [UInt8] = [6, 6, 6]
                let good: [UInt8] = [1, 2, 3]
                try sender.call("forge", ["topic": topic, "data": Hex.encode(forged), "flaw": flaw])
                // On the same stream, behind the forgery: when it has come, the forgery has been dealt with.
                try sender.call("forge", ["topic": topic, "data": Hex.encode(good), "flaw": ""])
                let expected = PythonPeer.Message(topic: topic, author: sender.name, data: good)
                try world.wait("the good message is relayed: \(node.gossip), \(receiver.arrivals), \(node.handles.count) connections") {
                    receiver.messages.contains(expected)
                }
                #expect(receiver.arrivals == [expected])
                #expect(node.gossip == [.init(topic: topic, author: try sender.id, data: good)])
                #expect(node.misbehaved.isEmpty, "it lowers a score and closes nothing")
                #expect(node.handles.count == 2)
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeRelaysARepeatedMessageOnce(_ dialler: Dialler) throws {
            try relay(dialler) { world, topic, node, sender, receiver in
                let repeated = PythonPeer.Message(topic: topic, author: sender.name, data: [1, 1])
                let last = PythonPeer.Message(topic: topic, author: sender.name, data: [2, 2])
                try sender.call("forge", ["topic": topic, "data": Hex.encode(repeated.data), "flaw": "", "count": 5])
                try sender.call("forge", ["topic": topic, "data": Hex.encode(last.data), "flaw": ""])
                try world.wait("the last message is relayed") { receiver.arrivals.contains(last) }
                #expect(receiver.arrivals == [repeated, last])
                #expect(node.gossip.map(\.data) == [repeated.data, last.data])
                #expect(node.duplicates == 4)
            }
        }
    }
}
