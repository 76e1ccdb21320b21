internal import Crypto
public import RenderModel
public import Wire

/// The list of blocks of a picture larger than one block. A smaller picture is its own single block.
public struct PictureManifest: Equatable, Sendable {
    public var tile: Tile
    /// All but the last hold exactly `RawPicture.blockSize` bytes.
    public var blocks: [CID]

    public init(tile: Tile, blocks: [CID]) {
        self.tile = tile
        self.blocks = blocks
    }

    /// Largest encoding: 400 MB of picture in blocks of 1 MiB.
    public static let sizeMax = 64 << 10

    /// Protobuf `PictureManifest` of `docs/protocols/proof.proto`.
    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.message(1) { tile.write(to: &$0) }
        for block in blocks { writer.alwaysBytes(2, block.bytes) }
        return writer.bytes
    }

    /// Throws `outOfBounds` where the number of blocks is not that of the tile.
    public init(encoded: [UInt8]) throws(WireError) {
        guard encoded.count <= PictureManifest.sizeMax else { throw .outOfBounds }
        var reader = ProtobufReader(encoded, canonical: true)
        var tile: Tile?
        var blocks: [CID] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: tile = try Tile(encoded: try field.bytes())
            case 2: blocks.append(try CID(bytes: try field.bytes(max: 64)))
            default: throw .notCanonical
            }
        }
        self.init(tile: try tile.required(), blocks: blocks)
        guard blocks.count == self.tile.pictureBlockCount, self.encoded == encoded else { throw .outOfBounds }
    }
}

extension Tile {
    /// Bytes of the raw picture.
    public var pictureSize: Int { Int(width) * Int(height) * RawPicture.bytesPerPixel }
    var pictureBlockCount: Int { (pictureSize + RawPicture.blockSize - 1) / RawPicture.blockSize }
}

extension RawPicture {
    /// What to put into the store, and the CID to name in the commitment, which is that of the last entry.
    public func blocks() -> (result: CID, blocks: [(cid: CID, bytes: [UInt8])]) {
        if bytes.count <= RawPicture.blockSize {
            let cid = Hash.cid(of: bytes)
            return (cid, [(cid, bytes)])
        }
        var list: [(cid: CID, bytes: [UInt8])] = []
        for start in stride(from: 0, to: bytes.count, by: RawPicture.blockSize) {
            let block = Array(bytes[start..<min(start + RawPicture.blockSize, bytes.count)])
            list.append((Hash.cid(of: block), block))
        }
        let manifest = PictureManifest(tile: tile, blocks: list.map(\.cid)).encoded
        let cid = Hash.cid(of: manifest)
        list.append((cid, manifest))
        return (cid, list)
    }

    /// The CID that the commitment must name for these bytes.
    public var result: CID { blocks().result }
}
