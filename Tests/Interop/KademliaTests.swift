import Crypto
import EventLoop
import Identity
import Kademlia
import Testing
import Wire

extension InteropTests {
    /// The DHT on `/ipfs/kad/1.0.0`. In every test whoever answers learns first and is asked afterwards, by somebody who could know it
    /// from nobody else.
    @Suite struct KademliaTests {
        @Test(arguments: Dialler.allCases) func peersFindAPeerThroughOurNode(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let target = try world.node()
                target.dial(node)
                try world.wait("our node knows the target") { node.information[target.id] != nil }
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                #expect(try peer.call("find_peer", ["peer": target.name], as: [String].self) == ["\(target.address)"])
                #expect(try peer.call("closest", ["key": Hex.encode(target.id.bytes)], as: [String].self).contains(target.name))
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeFindsAPeerThroughPeers(_ dialler: Dialler) throws {
            try World.run { world in
                let peer = try world.peer()
                // Of another DHT: it will not come and show itself.
                let target = try world.node(.init(prefix: "interop"))
                try world.connect(target, peer, by: .ours)
                try world.poll("py-libp2p has identified the target") {
                    try peer.call("find_peer", ["peer": target.name]) is [String]
                }
                let node = try world.node()
                try world.connect(node, peer, by: dialler)
                #expect(
                    try world.ask(node, .findPeer(target.id)) == .peer(Contact(id: target.id, addresses: AddressList([target.address]))))
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeTellsTheProvidersThatItKnows(_ dialler: Dialler) throws {
            try World.run { world in
                let key = world.providerKey
                let node = try world.node()
                let provider = try world.node(.leaf)
                provider.dial(node)
                try world.wait("the provider knows our node") { provider.information[node.id] != nil }
                #expect(try world.ask(provider, .provide(key)) == .provided(toldCount: 1))
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                let found = try peer.call("find_providers", ["key": Hex.encode(key)], as: [[String: Any]].self)
                #expect(found.map { $0["peer"] as? String } == [provider.name])
                #expect(found.map { $0["addresses"] as? [String] } == [["\(provider.address)"]])
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeKeepsTheProvidersThatPeersAnnounce(_ dialler: Dialler) throws {
            try World.run { world in
                let key = world.providerKey
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                #expect(try peer.call("provide", ["key": Hex.encode(key)], as: Bool.self))
                let asker = try world.node(.leaf)
                asker.dial(node)
                try world.wait("the asker knows our node") { asker.information[node.id] != nil }
                // py-libp2p does not wait until its announcement has arrived.
                try world.poll("our node tells who provides") {
                    guard case .providers(let found) = try world.ask(asker, .findProviders(key, countMax: 1)) else { return false }
                    return found == [Contact(id: try peer.id, addresses: AddressList([try peer.address]))]
                }
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodeFindsTheProvidersThatPeersKnow(_ dialler: Dialler) throws {
            try World.run { world in
                let key = world.providerKey
                let peer = try world.peer()
                let provider = try world.node(.leaf)
                try world.connect(provider, peer, by: .ours)
                #expect(try world.ask(provider, .provide(key)) == .provided(toldCount: 1))
                try world.poll("py-libp2p has the announcement") {
                    try peer.call("providers_held", ["key": Hex.encode(key)], as: [String].self) == [provider.name]
                }
                let node = try world.node()
                try world.connect(node, peer, by: dialler)
                let found = try world.ask(node, .findProviders(key, countMax: 1))
                #expect(found == .providers([Contact(id: provider.id, addresses: AddressList([provider.address]))]))
            }
        }

        @Test(arguments: Dialler.allCases) func recordsThatPeersPutAreKeptAndTheBetterOneWins(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                for value in ["01", "02"] {
                    #expect(try peer.call("record_put", ["key": world.recordKey, "value": value], as: Bool.self))
                }
                #expect(try world.ask(node, .getValue(Array(world.recordKey.utf8), quorum: 1)) == .value([2], holders: 1))
            }
        }

        @Test(arguments: Dialler.allCases) func ourNodePutsRecordsAtPeersAndGetsThemBack(_ dialler: Dialler) throws {
            try World.run { world in
                let record = Record(key: Array(world.recordKey.utf8), value: [7, 8, 9])
                let peer = try world.peer()
                let writer = try world.node(.leaf)
                try world.connect(writer, peer, by: .ours)
                #expect(try world.ask(writer, .putValue(record)) == .stored(count: 1))
                #expect(try peer.call("record_held", ["key": world.recordKey], as: String.self) == "070809")
                let reader = try world.node()
                try world.connect(reader, peer, by: dialler)
                #expect(try world.ask(reader, .getValue(record.key, quorum: 1)) == .value(record.value, holders: 1))
            }
        }

        @Test(arguments: Dialler.allCases) func peersGetTheRecordsThatOurNodeKeeps(_ dialler: Dialler) throws {
            try World.run { world in
                let record = Record(key: Array(world.recordKey.utf8), value: [7, 8, 9])
                let node = try world.node()
                let writer = try world.node(.leaf)
                writer.dial(node)
                try world.wait("the writer knows our node") { writer.information[node.id] != nil }
                #expect(try world.ask(writer, .putValue(record)) == .stored(count: 1))
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                #expect(try peer.call("record_get", ["key": world.recordKey], as: String.self) == "070809")
            }
        }

        @Test(arguments: Dialler.allCases) func aLeafAsksAndIsNotAsked(_ dialler: Dialler) throws {
            try World.run { world in
                let leaf = try world.node(.leaf)
                let server = try world.node()
                let peer = try world.peer()
                try world.connect(leaf, peer, by: dialler)
                try world.connect(server, peer, by: dialler)
                for (node, isAsked) in [(leaf, false), (server, true)] {
                    let ours = try peer.call("identify", ["peer": node.name], as: [String: Any].self)
                    #expect((ours["protocols"] as? [String])?.contains("/ipfs/kad/1.0.0") == isAsked)
                    #expect(try peer.call("opens", ["peer": node.name, "protocol": "/ipfs/kad/1.0.0"], as: Bool.self) == isAsked)
                }
            }
        }
    }
}

extension World {
    /// A multihash of nothing, different in every test.
    var providerKey: [UInt8] { [0x12, 0x20] + Hash.sha256(Array(topic.utf8)).array }
    var recordKey: String { "/interop/\(topic)" }

    /// Asks the DHT and waits for the end of it.
    func ask(_ node: OverlayNode, _ query: Query) throws -> QueryResult {
        let number = node.lookUp(query)
        try wait("the query ends") { node.answers[number] != nil }
        return try #require(node.answers[number])
    }
}
