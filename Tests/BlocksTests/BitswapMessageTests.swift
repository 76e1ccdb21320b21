import Determinism
import Testing
import Wire

@testable import Blocks

@Suite struct BitswapMessageTests {
    /// SHA-256 and BLAKE2b-256 of "hello", computed apart from this program.
    let hello = CID(digest: Bytes32(hex: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")!)
    let blake = CID(
        hash: .blake2b256, digest: Bytes32(hex: "324dcf027dd4a30a932c441f365a25e86b173defa4b8e58948253471b81b72cf")!)

    @Test func goldenWantlist() throws {
        let message = BitswapMessage(
            entries: [
                .init(cid: hello, priority: 1, kind: .have, sendDontHave: true),
                .init(cid: hello, priority: 0, isCancel: true, sendDontHave: false),
            ],
            isFull: true)
        let cid = "0a24" + "01551220" + "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        let first = "0a2c" + cid + "1001" + "2001" + "2801"
        let second = "0a28" + cid + "1801"
        #expect(Hex.encode(message.encode()) == "0a5a" + first + second + "1001")
        #expect(try BitswapMessage(decoding: message.encode()) == message)
    }

    @Test func goldenBlocksAndPresences() throws {
        let data = Array("hello".utf8)
        let message = BitswapMessage(
            blocks: [.init(codec: .raw, hash: .sha256, data: data[...]), .init(codec: .raw, hash: .blake2b256, data: data[...])],
            presences: [.init(cid: hello, isThere: true), .init(cid: hello, isThere: false)], pendingBytes: 7)
        let cid = "0a24" + "01551220" + "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        let payloads = "1a0d" + "0a0401551220" + "120568656c6c6f" + "1a0f" + "0a060155a0e40220" + "120568656c6c6f"
        #expect(Hex.encode(message.encode()) == payloads + "2226" + cid + "2228" + cid + "1001" + "2807")
        let decoded = try BitswapMessage(decoding: message.encode())
        #expect(decoded == message)
        #expect(decoded.blocks.map(\.computedCID) == [hello, blake])
    }

    @Test func whatIsUnknownIsSkipped() throws {
        var writer = ProtobufWriter()
        writer.message(1) { list in
            list.message(1) { $0.bytes(1, [1, 0x71, 0x12, 0x20] + [UInt8](repeating: 1, count: 32)) }  // dag-cbor
            list.message(1) { entry in
                entry.bytes(1, hello.bytes)
                entry.int64(2, -5)
                entry.uint64(4, 9)
                entry.bytes(17, [1])
            }
        }
        writer.message(3) { payload in
            payload.bytes(1, [1, 0x55, 0x13, 0x40])  // sha2-512
            payload.bytes(2, [1])
        }
        writer.bytes(2, Array("old".utf8))
        writer.bytes(40, [1, 2])
        let message = try BitswapMessage(decoding: writer.bytes)
        #expect(message.entries == [.init(cid: hello, priority: -5, sendDontHave: false)])
        #expect(message.blocks == [.init(codec: .dagProtobuf, hash: .sha256, data: Array("old".utf8)[...])])
    }

    @Test func boundsHold() throws {
        let entries = (0..<2000).map { BitswapMessage.Entry(cid: CID(digest: Bytes32(words: 0, 0, 0, UInt64($0)))) }
        let decoded = try BitswapMessage(decoding: BitswapMessage(entries: entries).encode())
        #expect(decoded.entries == Array(entries.prefix(BitswapMessage.entriesMax)))
        let big = [UInt8](repeating: 1, count: BitswapMessage.blockSizeMax + 1)
        let block = BitswapMessage.Block(codec: .raw, hash: .sha256, data: big[...])
        #expect(throws: WireError.outOfBounds) { try BitswapMessage(decoding: BitswapMessage(blocks: [block]).encode()) }
        #expect(throws: WireError.outOfBounds) { try BitswapMessage(decoding: .init(repeating: 0, count: BitswapMessage.sizeMax + 1)) }
    }

    @Test func noInputTraps() {
        var generator = Generator(seed: 6)
        let good = BitswapMessage(
            entries: [.init(cid: hello), .init(cid: blake, kind: .have)], blocks: [.init(codec: .raw, hash: .sha256, data: [1, 2, 3])],
            presences: [.init(cid: hello, isThere: false)], pendingBytes: 9
        ).encode()
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...Int(generator.next() % 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.chance(0.3) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            guard let message = try? BitswapMessage(decoding: bytes) else {
                refused += 1
                continue
            }
            #expect((try? BitswapMessage(decoding: message.encode())) == message)
        }
        #expect(refused > 1000)
    }
}
