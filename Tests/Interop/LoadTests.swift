import Blocks
import Crypto
import Foundation
import Glibc
import Identity
import LibP2P
import NodeRuntime
import Testing
import Wire

extension InteropTests {
    /// Much at once: streams, bytes, blocks.
    @Suite struct LoadTests {
        @Test(arguments: Dialler.allCases) func twoHundredStreamsOfTheirsAtOnce(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.peer()
                try world.connect(node, peer, by: dialler)
                let right = try peer.call("echoes", ["peer": node.name, "count": 200, "size": 4096], as: Int.self)
                #expect(right == 200)
            }
        }

        /// The peer answers the first when it has all: each request has a stream of its own.
        @Test(arguments: Dialler.allCases) func twoHundredStreamsOfOursAtOnce(_ dialler: Dialler) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.newPeer()
                try peer.call("echo_when_all", ["count": 200])
                try world.connect(node, peer, by: dialler)
                var answered: Set<RequestID> = []
                var failed: [NetworkFailure] = []
                node.onResponse = { id, result in
                    // The node has questions of its own.
                    guard id.value < 200 else { return }
                    switch result {
                    case .success(let bytes) where bytes == [UInt8](repeating: UInt8(id.value), count: 100): answered.insert(id)
                    case .success: failed.append(.misbehaviour)
                    case .failure(let failure): failed.append(failure)
                    }
                }
                for number in 0..<200 as Range<UInt64> {
                    node.driver.perform(
                        .request(
                            RequestID(number), to: try peer.id, at: [], .job, [UInt8](repeating: UInt8(number), count: 100),
                            timeout: .seconds(60)))
                }
                #expect(answered.isEmpty)
                try world.wait("all answers come, \(answered.count) and \(failed)") { answered.count + failed.count >= 200 }
                #expect(answered.count == 200 && failed.isEmpty, "\(answered.count) answers, \(failed.prefix(3))")
            }
        }

        /// One stream, up and down. What it holds on the way doesn't grow with what it carries.
        @Test(arguments: [true, false]) func aLongStreamNeedsNoMemory(isUpload: Bool) throws {
            try World.run { world in
                let node = try world.node()
                let peer = try world.newPeer()
                try world.connect(node, peer, by: .theirs)
                let size = LoadSize.isFull ? 1 << 30 : 64 << 20
                var held = 0
                let before = LoadTests.residentBytes
                var turns = 0
                let came = try peer.call(
                    "perf", ["peer": node.name, "upload": isUpload ? size : 8, "download": isUpload ? 8 : size], as: Int.self,
                    watching: {
                        turns += 1
                        held = max(held, node.driver.swarm.bufferedBytes)
                    })
                #expect(turns > 100)
                #expect(came == (isUpload ? 8 : size))
                #expect(held <= 1 << 20)
                // Other tests share the process unless this one runs alone, as it should at full size.
                if LoadSize.isFull {
                    let grown = LoadTests.residentBytes - before
                    #expect(grown < 32 << 20, "\(grown >> 20) MiB more for \(size >> 20)")
                }
            }
        }

        private static var residentBytes: Int {
            let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
            return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
        }

        /// A file in blocks from two of theirs and one of ours; one of theirs is killed when a third has come.
        @Test func aFileComesFromThreeOfWhichOneDies() throws {
            try World.run { world in
                let (count, size) = (LoadSize.isFull ? 512 : 32, 1 << 19)
                let blocks = (0..<count).map { number in
                    let hash = Hash.sha256([
                        UInt8(number >> 24), UInt8(number >> 16 & 0xff), UInt8(number >> 8 & 0xff), UInt8(number & 0xff),
                    ])
                    return [[UInt8]](repeating: hash.array, count: size / 32).flatMap { $0 }
                }
                let cids = blocks.map { Hash.cid(of: $0) }
                let node = try world.node(.init(fetchesBlocks: true))
                let exchange = try #require(node.blocks)
                let ours = try world.node()
                for (cid, block) in zip(cids, blocks) { ours.store[cid] = block }
                let living = try world.newPeer()
                let dying = try world.newPeer()
                for peer in [living, dying] {
                    try peer.call("block_fill", ["count": count, "size": size])
                    try world.connect(node, peer, by: .ours)
                }
                node.dial(ours)
                try world.wait("our nodes know each other") { node.information[ours.id] != nil }
                let handles = try [ours.id, try living.id, try dying.id].map { try #require(node.handles[$0]) }
                let wants = cids.map { exchange.fetch($0, from: handles) }
                try world.wait("a third has come") { exchange.store.count >= count / 3 }
                #expect(exchange.store.count < count, "it was over before anybody died")
                let lost = try dying.id
                world.kill(dying)
                try world.wait("all blocks have come, \(exchange.store.count) of \(count)") {
                    wants.allSatisfy { exchange.results[$0] != nil }
                }
                #expect(wants.allSatisfy { exchange.results[$0] == .received })
                #expect(zip(cids, blocks).allSatisfy { exchange.store[$0] == $1 })
                #expect(exchange.penalties.isEmpty)
                #expect(node.handles[lost] == nil, "it died")
            }
        }
    }
}
