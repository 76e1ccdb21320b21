import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Kademlia

@Suite struct StoreFlowTests {
    /// The first byte of a value is its age: higher is better. Values of 0 are not valid.
    static let validator = RecordValidator([
        .publicKeys,
        .init(name: "v", isValid: { _, value in value.first.map { $0 > 0 } ?? false }, isBetter: { $0[0] > $1[0] }),
    ])

    func network(_ count: Int = 60) -> MemoryNetwork {
        var parameters = Kademlia.Parameters()
        parameters.refreshInterval = nil
        var network = MemoryNetwork(seed: 3)
        for _ in 0..<count { network.add(parameters: parameters, validator: StoreFlowTests.validator) }
        for a in 0..<count { for b in 0..<a { network.introduce(a, b) } }
        return network
    }

    let key = Array("/v/answer".utf8)

    @Test func providersAreFoundUntilTheyExpire() {
        var network = network()
        let content = CID(digest: Hash.sha256([1])).providerKey
        network.start(5, .provide(content))
        network.run()
        #expect(network.result(5) == .provided(toldCount: 20))
        network.start(40, .findProviders(content, countMax: 1))
        network.run()
        let expected = Contact(id: network.ids[5], addresses: AddressList([MemoryNetwork.address(5)]))
        #expect(network.result(40) == .providers([expected]))
        #expect(network.progress[40]?.contains { $0.1 == .providers([expected]) } == true)
        network.run(horizon: .seconds(24 * 3600))
        network.start(41, .findProviders(content, countMax: 1))
        network.run()
        #expect(network.result(41) == .providers([]))
        #expect(network.nodes.allSatisfy { $0.providers.isEmpty })
    }

    /// A server that is started again answers as it did, until what it holds would have expired.
    @Test func whatAServerHoldsOutlivesIt() throws {
        var network = network(10)
        let content = CID(digest: Hash.sha256([5])).providerKey
        for (number, peer) in [1, 2].enumerated() {
            let own = KademliaMessage(
                kind: .addProvider, key: content,
                providerPeers: [Contact(id: network.ids[peer], addresses: AddressList([MemoryNetwork.address(peer)]))])
            network.give(0, .request(from: network.ids[peer], InboundID(UInt64(number)), own.encode()))
        }
        let record = Record(key: key, value: [7, 7])
        network.give(0, .request(from: network.ids[3], InboundID(9), KademliaMessage(kind: .putValue, key: key, record: record).encode()))
        func answers(_ node: inout Kademlia, at time: Instant) throws -> (providers: [PeerID], value: [UInt8]?) {
            var told: [KademliaMessage] = []
            for question in [KademliaMessage(kind: .getProviders, key: content), KademliaMessage(kind: .getValue, key: key)] {
                var effects: [Kademlia.Effect] = []
                node.handle(.request(from: network.ids[4], InboundID(50), question.encode()), now: time, emit: &effects)
                guard case .respond(_, let bytes) = effects.first else { continue }
                told.append(try KademliaMessage(decoding: bytes))
            }
            return (told.first?.providerPeers.map(\.id) ?? [], told.last?.record?.value)
        }
        let now = network.now
        let held = network.nodes[0].held(now: now + .seconds(3_600))
        #expect(held.providers.map(\.lifetime) == [.seconds(23 * 3_600), .seconds(23 * 3_600)] && held.values.count == 1)

        func restarted(_ mode: Kademlia.Mode, _ held: HeldRecords) -> Kademlia {
            var node = Kademlia(
                localID: network.ids[0], mode: mode, validator: StoreFlowTests.validator, requestNamespace: 1, generator: Generator(seed: 1)
            )
            var effects: [Kademlia.Effect] = []
            node.handle(.held(held), now: .origin, emit: &effects)
            return node
        }
        var again = restarted(.server, held)
        let first = try answers(&again, at: .origin + .seconds(22 * 3_600))
        #expect(first.providers == [network.ids[2], network.ids[1]] && first.value == record.value)
        let second = try answers(&again, at: .origin + .seconds(23 * 3_600))
        #expect(second.providers == [] && second.value == record.value)
        #expect(try answers(&again, at: .origin + .seconds(35 * 3_600)).value == nil)
        #expect(again.held(now: .origin + .seconds(1)) == restarted(.server, held).held(now: .origin + .seconds(1)))
        #expect(restarted(.client, held).held(now: .origin).isEmpty)

        // Of a disk that says anything: no false record, nothing for ever.
        var wild = HeldRecords()
        wild.values = [.init(record: Record(key: key, value: [0]), lifetime: .seconds(100))]
        wild.providers = [.init(key: .zero, contact: held.providers[0].contact, lifetime: .seconds(1 << 40))]
        let tame = restarted(.server, wild).held(now: .origin)
        #expect(tame.values == [] && tame.providers.map(\.lifetime) == [.seconds(24 * 3_600)])
    }

    /// Of more providers than an answer holds, everybody is told of others.
    @Test func manyProvidersTakeTurns() throws {
        var network = network(50)
        let content = CID(digest: Hash.sha256([2])).providerKey
        for node in 1..<50 {
            let own = KademliaMessage(
                kind: .addProvider, key: content,
                providerPeers: [Contact(id: network.ids[node], addresses: AddressList([MemoryNetwork.address(node)]))])
            network.give(0, .request(from: network.ids[node], InboundID(UInt64(node)), own.encode()))
        }
        func told() throws -> [PeerID] {
            var effects: [Kademlia.Effect] = []
            let question = KademliaMessage(kind: .getProviders, key: content).encode()
            network.nodes[0].handle(.request(from: network.ids[1], InboundID(900), question), now: network.now, emit: &effects)
            guard case .respond(_, let bytes) = effects.first else { return [] }
            return try KademliaMessage(decoding: bytes).providerPeers.map(\.id)
        }
        let (first, second) = (try told(), try told())
        #expect(Set(first).count == 20 && Set(second).count == 20)
        #expect(Set(first) != Set(second))
    }

    @Test func nobodyProvidesForOthers() {
        var network = network(3)
        let content: [UInt8] = [1, 2, 3]
        let liar = KademliaMessage(
            kind: .addProvider, key: content, providerPeers: [Contact(id: network.ids[2], addresses: AddressList([.tcp4(1, port: 1)]))])
        network.give(0, .request(from: network.ids[1], InboundID(900), liar.encode()))
        #expect(network.nodes[0].providers.isEmpty)
    }

    @Test func valuesAreFoundAndCorrected() {
        var network = network()
        network.start(1, .putValue(Record(key: key, value: [1, 7])))
        network.run()
        #expect(network.result(1) == .stored(count: 20))
        // One of the holders is left with what is old.
        let holder = network.nodes.firstIndex { !$0.records.isEmpty }!
        network.isSilent[holder] = true
        network.start(2, .putValue(Record(key: key, value: [2, 7])))
        network.run()
        network.isSilent[holder] = false
        network.start(3, .getValue(key, quorum: 60), id: 9)
        network.run()
        guard case .value([2, 7], let holders) = network.result(3, id: 9) else {
            Issue.record("\(String(describing: network.result(3, id: 9)))")
            return
        }
        #expect(holders >= 2)
        // It is corrected where the search came by it.
        let key = Hash.sha256(self.key)
        let nearest = network.trueClosest(to: key, count: 3).compactMap { network.indexOf[$0] }
        for index in nearest { #expect(network.nodes[index].records.record(key, now: network.now)?.value == [2, 7]) }
        #expect(network.penalties.isEmpty)
    }

    @Test func anOlderValueDoesNotReplaceANewer() {
        var network = network(2)
        for (number, age) in [(1, UInt8(5)), (2, 4), (3, 5)] {
            let record = Record(key: key, value: [age])
            let message = KademliaMessage(kind: .putValue, key: key, record: record)
            network.give(0, .request(from: network.ids[1], InboundID(UInt64(number) + 900), message.encode()))
        }
        #expect(network.nodes[0].records.record(Hash.sha256(key), now: network.now)?.value == [5])
    }

    @Test func invalidRecordsAreRefusedAndPaidFor() {
        var network = network(3)
        let bad = [
            KademliaMessage(kind: .putValue, key: key, record: Record(key: key, value: [0])),
            KademliaMessage(kind: .putValue, key: key, record: Record(key: key + [1], value: [1])),
            KademliaMessage(kind: .putValue, key: key),
            KademliaMessage(kind: .putValue, key: [9], record: Record(key: [9], value: [1])),
        ]
        for message in bad { network.give(0, .request(from: network.ids[1], InboundID(900), message.encode())) }
        #expect(network.penalties.map(\.1) == [.invalidRecord, .invalidRecord, .invalidRecord, .invalidRecord])
        #expect(network.nodes[0].records.isEmpty)
        network.start(0, .putValue(Record(key: key, value: [0])))
        #expect(network.result(0) == .failed(.invalid))
        let key = [UInt8](repeating: 1, count: 257)
        network.start(0, .findProviders(key, countMax: 1), id: 2)
        #expect(network.result(0, id: 2) == .failed(.invalid))
    }

    @Test func publicKeysProveThemselves() {
        let value: [UInt8] = [8, 0, 18, 3, 1, 2, 3]
        let key = Array("/pk/".utf8) + [0x12, 0x20] + Hash.sha256(value).array
        #expect(StoreFlowTests.validator.isValid(Record(key: key, value: value)))
        #expect(!StoreFlowTests.validator.isValid(Record(key: key, value: value + [0])))
        #expect(!StoreFlowTests.validator.isValid(Record(key: Array("/pk/".utf8), value: value)))
    }

    @Test func storesStayBoundedAndKeepWhatIsNear() {
        let local = MemoryNetwork.id(1).dhtKey
        var providers = ProviderStore(localKey: local, rowsMax: 50, providersMax: 3)
        var records = RecordStore(localKey: local, rowsMax: 50)
        var distances: [Bytes32] = []
        for number in 0..<400 {
            let key = Hash.sha256([UInt8(truncatingIfNeeded: number), UInt8(number >> 8)])
            distances.append(key ^ local)
            for peer in 0..<5 {
                let contact = Contact(id: MemoryNetwork.id(UInt64(peer)), addresses: .empty)
                providers.add(contact, key: key, expiry: .origin + .seconds(number))
            }
            records.put(Record(key: [1], value: [2]), key: key, expiry: .origin + .seconds(number))
        }
        let nearest = Array(distances.sorted().prefix(50))
        #expect(providers.rows.map(\.distance) == nearest)
        #expect(records.rows.map(\.distance) == nearest)
        let newest = providers.providers(of: providers.rows[0].distance ^ local, now: .origin - .seconds(1)).map(\.id)
        #expect(newest == [4, 3, 2].map { MemoryNetwork.id($0) })
        providers.sweep(now: .origin + .seconds(1000))
        records.sweep(now: .origin + .seconds(1000))
        #expect(providers.isEmpty && records.isEmpty)
    }
}
