import Crypto
internal import Wire

/// A scene in one file: a content-addressable archive (IPLD, CAR version 1) with one root, the manifest, then the blocks.
extension SceneBundle {
    /// DAG-CBOR {"roots": [root], "version": 1} around the 36 bytes of the root's CID.
    private static let headerHead: [UInt8] = [0xa2, 0x65] + Array("roots".utf8) + [0x81, 0xd8, 0x2a, 0x58, 0x25, 0x00]
    private static let headerTail: [UInt8] = [0x67] + Array("version".utf8) + [0x01]
    private static let identifierSize = 36
    private static var headerSize: Int { headerHead.count + identifierSize + headerTail.count }

    /// Whether bytes begin as an archive does.
    public static func isArchive(_ bytes: [UInt8]) -> Bool {
        bytes.first == UInt8(headerSize) && bytes.dropFirst().starts(with: headerHead)
    }

    /// The bytes of the file; equal bundles give equal bytes.
    public var archive: [UInt8] {
        var writer = ByteWriter(reserving: blocks.reduce(manifest.count + 256) { $0 + $1.bytes.count + 48 })
        writer.writeLengthPrefixed(SceneBundle.headerHead + root.bytes + SceneBundle.headerTail)
        for (id, bytes) in [(root, manifest)] + blocks.map({ ($0.id, $0.bytes) }) {
            writer.writeVarint(UInt64(SceneBundle.identifierSize + bytes.count))
            writer.write(id.bytes)
            writer.write(bytes)
        }
        return writer.bytes
    }

    /// Reads an archive and checks the name of every block.
    public init(archive: [UInt8]) throws(SceneFormatError) {
        do throws(WireError) {
            var reader = ByteReader(archive)
            var header = ByteReader(try reader.readLengthPrefixed(max: SceneBundle.headerSize))
            guard try header.readSlice(SceneBundle.headerHead.count).elementsEqual(SceneBundle.headerHead) else { throw .malformedField }
            let root = try CID(reading: &header)
            guard header.readRest().elementsEqual(SceneBundle.headerTail) else { throw .malformedField }
            let manifest = try SceneBundle.section(&reader)
            guard manifest.id == root else { throw .malformedField }
            var blocks: [SceneBlock] = []
            while !reader.isAtEnd { blocks.append(try SceneBundle.section(&reader)) }
            self.init(root: root, manifest: manifest.bytes, blocks: blocks)
        } catch {
            throw .wire(error)
        }
    }

    private static func section(_ reader: inout ByteReader) throws(WireError) -> SceneBlock {
        var section = ByteReader(try reader.readLengthPrefixed(max: identifierSize + BulkData.blockMax))
        let id = try CID(reading: &section)
        let block = SceneBlock(bytes: Array(section.readRest()))
        guard block.id == id else { throw .malformedField }
        return block
    }
}

extension CanonicalScene {
    /// Decodes a bundle that has all its blocks.
    public init(_ bundle: SceneBundle, dataMax: Int = 4 << 30) throws(SceneFormatError) {
        var blocks: [CID: [UInt8]] = [:]
        for block in bundle.blocks { blocks[block.id] = block.bytes }
        try self.init(manifest: bundle.manifest, dataMax: dataMax) { [blocks] id in blocks[id] }
    }
}
