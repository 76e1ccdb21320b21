import Crypto
import Determinism
import Identity
import LibP2P
import Roles
import Testing
import Wire

@testable import Node

@Suite struct BlockWantTests {
    private let peer = PeerID(ed25519: Bytes32(words: 2, 2, 2, 2))
    private let block = Hash.cid(of: [1, 2, 3])

    /// A want whose candidate is not there yet, or has not said what it speaks, asks it as soon as it has.
    @Test(arguments: [false, true])
    func aCandidateIsAskedWhenItComes(isConnectedBefore: Bool) throws {
        let network = NetworkParameters(id: .zero, prefix: "test", bootstrap: [], round: .seconds(2), shards: 1)
        var node = Node(
            NodeParameters(
                signing: .ed25519(KeyPair(seed: .zero)), network: network, place: .leaf, roles: [], profile: .zero,
                generator: Generator(seed: 1)),
            firstSequenceNumber: 1)
        let handle = PeerHandle(index: 3)
        var effects: [NodeEffect] = []
        if isConnectedBefore { node.handle(.network(.connected(handle, peer, .inbound, address: nil)), now: .origin, emit: &effects) }
        node.wantBlock(BlockRequestID(1), block, from: [peer], deadline: .origin + .seconds(20), emit: &effects)
        let token = try #require(effects.compactMap { if case .readBlock(let token, block) = $0 { token } else { nil } }.first)
        node.handle(.blockRead(token, nil), now: .origin, emit: &effects)
        #expect(asks(effects) == [])
        if !isConnectedBefore { node.handle(.network(.connected(handle, peer, .inbound, address: nil)), now: .origin, emit: &effects) }
        let information = PeerInformation(protocols: [.bitswap], listenAddresses: [])
        node.handle(.network(.identified(handle, information)), now: .origin, emit: &effects)
        #expect(asks(effects) == [handle])
    }

    /// Peers that were asked for blocks.
    private func asks(_ effects: [NodeEffect]) -> [PeerHandle] {
        effects.compactMap { if case .network(.send(let handle, .bitswap, _, _)) = $0 { handle } else { nil } }
    }
}
