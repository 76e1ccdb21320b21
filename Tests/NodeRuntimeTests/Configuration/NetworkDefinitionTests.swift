import Crypto
import Foundation
import Identity
import NodeRuntime
import Testing
import Wire

/// Peers that every test can name.
enum Sample {
    static let peers = (1...4).map { PeerID(ed25519: KeyPair(seed: Hash.blake2b([UInt8($0)])).publicKey) }
}

@Suite("Network definition")
struct NetworkDefinitionTests {
    private func full() throws -> NetworkDefinition {
        var network = NetworkDefinition()
        network.name = "test-1"
        network.protocolPrefix = "t"
        network.bootstrap = [try #require(Multiaddr("/ip4/10.0.0.1/tcp/4001/p2p/\(Sample.peers[0])"))]
        network.managers = [Sample.peers[1], Sample.peers[2]]
        network.privateAddresses = .refuse
        network.roundSeconds = 30
        network.epochRounds = 8640
        network.shards = 256
        network.replicas = 61
        network.authority.keys = [Sample.peers[3]]
        network.authority.threshold = 1
        network.gossip.degree = 4
        network.gossip.degreeLow = 3
        network.gossip.degreeHigh = 5
        network.gossip.degreeLazy = 2
        network.gossip.degreeOut = 1
        network.gossip.heartbeatMilliseconds = 700
        network.limits.connectionsPerAddress = 1
        network.limits.connectionsPerSubnet = 2
        network.limits.connectionsPerPeer = 3
        network.limits.streamsPerPeer = 4
        return network
    }

    private func problem(_ text: String) -> String? {
        do {
            _ = try NetworkDefinition(text: text, place: "n.toml")
            return nil
        } catch {
            return error.description
        }
    }

    @Test func textGivesItAgain() throws {
        for network in [NetworkDefinition.development, try full()] {
            let again = try NetworkDefinition(text: network.text, place: "n.toml")
            #expect(again == network)
            #expect(again.text == network.text)
        }
    }

    @Test func developmentFileIsTheBuiltInDefinition() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try TextFile.readText(root.appending(path: "bootstrap/networks/development.toml").path)
        #expect(text == NetworkDefinition.development.text)
    }

    @Test func identifierIsFixed() {
        // A change of this value makes every existing network another one.
        #expect(NetworkDefinition.development.identifier.description == "09866d1d56fc42ce2007c2ca232a260354f6d798f8d6d1069dd26eeb6887638a")
    }

    @Test func identifierCoversWhatMakesTheNetwork() throws {
        let base = try full()
        let changes: [(inout NetworkDefinition) -> Void] = [
            { $0.name = "x" }, { $0.protocolPrefix = "x" }, { $0.roundSeconds = 2 }, { $0.epochRounds = 2 }, { $0.shards = 2 },
            { $0.replicas = 2 }, { $0.marks.count = 8 }, { $0.marks.textures = false }, { $0.managers.removeLast() },
            { $0.authority.keys = [] }, { $0.authority.threshold = 2 },
            {
                // Peers that move from one list to the next.
                $0.authority.keys += $0.managers
                $0.managers = []
            },
        ]
        var seen: Set<Bytes32> = [base.identifier]
        for change in changes {
            var network = base
            change(&network)
            #expect(seen.insert(network.identifier).inserted)
        }
        var same = base
        same.bootstrap = []
        same.privateAddresses = .dial
        same.gossip.degree = 5
        same.limits.streamsPerPeer = 9
        same.decoys = 3
        same.managers.reverse()
        #expect(same.identifier == base.identifier)
    }

    @Test func statedIdentifierIsChecked() throws {
        let text = try full().text
        #expect(problem(text.replacing("shards = 256", with: "shards = 255"))?.contains("network_id") == true)
        #expect(problem(text.replacing("network_id", with: "# network_id").replacing("shards = 256", with: "shards = 255")) == nil)
        #expect(problem("network_id = 1")?.contains("hexadecimal") == true)
    }

    @Test(arguments: [
        ("name = \"\"", "name takes"), ("name = \"A\"", "name takes"), ("protocol_prefix = \"a/b\"", "protocol_prefix takes"),
        ("bootstrap = [\"/ip4/1.2.3.4/tcp/1\"]", "end in the peer's id"), ("managers = [\"12D3\"]", "takes a peer id"),
        ("managers = [\"QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR\"]", "Ed25519"), ("private_addresses = \"maybe\"", "dial, refuse"),
        ("[rounds]\nseconds = 0", "from 1 to 3600"), ("[sharding]\nreplicas = 302", "from 1 to 301"),
        ("[authority]\nthreshold = 1", "number of keys, 0"), ("[gossip]\nd = 13", "d_lo ≤ gossip.d"), ("[gossip]\nd_out = 5", "d_out"),
        ("[marks]\nside_min = 6\nside_max = 5", "side_max"), ("[marks]\nperiod_deviation_permille = 500", "four times"),
        ("[marks]\ncount = 16", "from 8 to 15"), ("[gossip]\nD = 1", "there is no key gossip.D; did you mean gossip.d?"),
        ("[limits]\nstreams = 1", "there is no key limits.streams"),
    ])
    func brokenDefinitionsSayWhy(text: String, expected: String) throws {
        #expect(try #require(problem(text)).contains(expected))
    }

    @Test func aPeerTwiceIsRefused() throws {
        #expect(try #require(problem("managers = [\"\(Sample.peers[0])\", \"\(Sample.peers[0])\"]")).contains("twice"))
    }
}

@Suite("Text files")
struct TextFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "inferix-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    @Test func writtenWholeAndWithItsMode() throws {
        try withDirectory { directory in
            try TextFile.makeDirectory(directory + "/a/b")
            try TextFile.makeDirectory(directory + "/a/b")
            let path = directory + "/a/b/f"
            try TextFile.write(Array("one".utf8), to: path, mode: 0o600, replacing: false)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(throws: FileError.self) { try TextFile.write([1], to: path, replacing: false) }
            #expect(try TextFile.readText(path) == "one")
            try TextFile.write(Array("two".utf8), to: path)
            #expect(try TextFile.readText(path) == "two")
            // Nothing half-written stays behind.
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/a/b") == ["f"])
        }
    }

    @Test func failuresNameThePathAndTheReason() throws {
        try withDirectory { directory in
            #expect { try TextFile.read(directory + "/none") } throws: { ($0 as? FileError)?.isMissing == true }
            try TextFile.makeDirectory(directory)
            try TextFile.write([0xff], to: directory + "/f")
            #expect(throws: FileError.self) { try TextFile.readText(directory + "/f") }
            #expect(throws: FileError.self) { try TextFile.read(directory + "/f", sizeMax: 0) }
            #expect(throws: FileError.self) { try TextFile.makeDirectory(directory + "/f/g") }
            #expect(throws: FileError.self) { try TextFile.write([1], to: directory + "/x/y") }
        }
    }
}
