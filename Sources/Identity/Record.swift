public import Crypto
public import Wire

/// Hash of the network definition. Part of everything that is signed and never on the wire, so that nothing replays elsewhere.
public struct NetworkID: Hashable, Sendable {
    public var digest: Bytes32

    @inlinable public init(_ digest: Bytes32) { self.digest = digest }
}

/// BLAKE2b-256 of what the author of a record signed.
public typealias RecordID = Bytes32

/// A signed statement that can cost or earn money. Layout and vectors: `docs/protocols/records.md`.
///
/// The signature is over the label `inferix-record/1` ‖ network id ‖ type ‖ author ‖ body. The body is hashed as received and
/// never encoded again; `RecordBody` decodes it and refuses every form but the canonical one.
public struct Record: Hashable, Sendable {
    public var type: RecordType
    /// Ed25519 public key.
    public var author: Bytes32
    public var body: [UInt8]
    public var signature: Signature

    public init(type: RecordType, author: Bytes32, body: [UInt8], signature: Signature) {
        self.type = type
        self.author = author
        self.body = body
        self.signature = signature
    }

    /// Signs `body`, which must not exceed `type.bodyMax`.
    public static func signed(type: RecordType, body: [UInt8], by signing: Signing, network: NetworkID) -> Record {
        precondition(body.count <= type.bodyMax, "a record's body is larger than its type allows")
        let author = signing.publicKey
        let message = signedBytes(type: type, author: author, body: body, network: network)
        return Record(type: type, author: author, body: body, signature: signing.sign(message))
    }

    public func verify(with signing: Signing, network: NetworkID) -> Bool {
        guard body.count <= type.bodyMax else { return false }
        return signing.verify(signature, of: signedBytes(network: network), by: author)
    }

    public func id(network: NetworkID) -> RecordID { Hash.blake2b(signedBytes(network: network)) }

    /// What the signature covers and the id hashes.
    public func signedBytes(network: NetworkID) -> [UInt8] {
        Record.signedBytes(type: type, author: author, body: body, network: network)
    }

    private static func signedBytes(type: RecordType, author: Bytes32, body: [UInt8], network: NetworkID) -> [UInt8] {
        var writer = ByteWriter(reserving: 106 + body.count)
        writer.writeLabel("inferix-record/1")
        writer.write(network.digest)
        writer.writeLittleEndian(type.rawValue)
        writer.write(author)
        writer.writeLittleEndian(UInt64(body.count))
        writer.write(body)
        return writer.bytes
    }
}

extension ByteWriter {
    /// A label as every hash and signature joins it: its length as a little-endian 64-bit integer, then its bytes.
    public mutating func writeLabel(_ label: StaticString) {
        label.withUTF8Buffer { buffer in
            writeLittleEndian(UInt64(buffer.count))
            write(buffer)
        }
    }
}
