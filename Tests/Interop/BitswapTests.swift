import Blocks
import Crypto
import Identity
import Testing
import Wire

extension InteropTests {
    /// Bitswap 1.2: blocks by CIDv1, served and fetched.
    @Suite struct BitswapTests {
        /// Bytes. The largest block of ours is 1 MiB, of py-libp2p 512 KiB.
        static let sizesServed = [1, 100_000, 1 << 20]
        static let sizesFetched = [1, 100_000, 1 << 19]

        private func bytes(_ count: Int) -> [UInt8] {
            var state: UInt32 = 0x9E37_79B9
            return (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
        }

        @Test(arguments: Dialler.allCases, sizesServed) func peersFetchFromOurNode(_ dialler: Dialler, size: Int) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                let block = bytes(size)
                let cid = Hash.cid(of: block)
                node.store[cid] = block
                let fetched = try peer.call("block_get", ["cid": Hex.encode(cid.bytes), "peer": node.name], as: String.self)
                #expect(Hex.decode(fetched) == block)
            }
        }

        @Test(arguments: Dialler.allCases, sizesFetched) func ourNodeFetchesFromPeers(_ dialler: Dialler, size: Int) throws {
            try World.run { world in
                let node = try world.node(.init(fetchesBlocks: true))
                let exchange = try #require(node.blocks)
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                let block = bytes(size)
                let stored = try peer.call("block_put", ["data": Hex.encode(block)], as: String.self)
                let cid = Hash.cid(of: block)
                #expect(stored == Hex.encode(cid.bytes))

                let want = exchange.fetch(cid, from: [try #require(node.handles[try peer.id])])
                try world.wait("the block arrives") { exchange.results[want] != nil }
                #expect(exchange.results[want] == .received)
                #expect(exchange.store[cid] == block)
                #expect(exchange.penalties.isEmpty)
            }
        }

        @Test func manyBlocksComeOverOneConnection() throws {
            try World.run { world in
                let node = try world.node(.init(fetchesBlocks: true))
                let exchange = try #require(node.blocks)
                let peer = try world.peer()
                try world.connect(node, peer, by: .ours)
                let handle = try #require(node.handles[try peer.id])
                var wants: [(id: WantID, cid: CID, block: [UInt8])] = []
                for index in 0..<20 {
                    let block = bytes(10_000 + index)
                    try peer.call("block_put", ["data": Hex.encode(block)])
                    let cid = Hash.cid(of: block)
                    wants.append((exchange.fetch(cid, from: [handle]), cid, block))
                }
                try world.wait("all blocks arrive") { wants.allSatisfy { exchange.results[$0.id] != nil } }
                for want in wants {
                    #expect(exchange.results[want.id] == .received)
                    #expect(exchange.store[want.cid] == want.block)
                }
            }
        }

        /// What a peer has not got it says so at once, and the want goes on with whoever gets it.
        @Test func aBlockThatComesLaterIsStillFetched() throws {
            try World.run { world in
                let node = try world.node(.init(fetchesBlocks: true))
                let exchange = try #require(node.blocks)
                let peer = try world.peer()
                try world.connect(node, peer, by: .ours)
                let block = bytes(5_000)
                let cid = Hash.cid(of: block)
                let handle = try #require(node.handles[try peer.id])
                let want = exchange.fetch(cid, from: [handle])
                try world.wait("nobody has it") { exchange.unanswered.contains(cid) }
                #expect(exchange.results[want] == nil)
                try peer.call("block_put", ["data": Hex.encode(block)])
                try world.wait("the block arrives") { exchange.results[want] != nil }
                #expect(exchange.results[want] == .received)
            }
        }
    }
}
