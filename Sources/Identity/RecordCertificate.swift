public import Crypto
public import Wire

/// Sizes of a group that decides, of which at most `f` members are faulty.
public struct Quorum: Hashable, Sendable {
    /// Members, at least 1.
    public let n: Int

    public init(members n: Int) {
        precondition(n > 0, "a group has members")
        self.n = n
    }

    /// Faulty members tolerated: ⌊(n − 1) / 3⌋.
    public var f: Int { (n - 1) / 3 }
    /// Votes that decide: ⌊(n + f) / 2⌋ + 1. Any two quorums share an honest member.
    public var q: Int { (n + f) / 2 + 1 }
    /// Signatures of which one is honest: f + 1.
    public var honest: Int { f + 1 }
}

/// What the signatures of a certificate say about a record.
public enum CertificateStatement: UInt8, Hashable, Sendable {
    /// "I vote for this value in this term, and for no other."
    case vote = 1
    /// "I hold the vote certificate of this value": q of these commit it.
    case stored = 2
    /// "The committee decided this beacon."
    case beacon = 3
}

/// Signatures over one record by members of a list that the epoch's draw fixes: {record id, bitmap, signatures}.
public struct Certificate: Hashable, Sendable {
    public var recordID: RecordID
    public var statement: CertificateStatement
    public var term: UInt64
    /// Bit i (least significant first) is set where member i signed; ⌈n / 8⌉ bytes.
    public var bitmap: [UInt8]
    /// In the order of the members.
    public var signatures: [Signature]

    public static let membersMax = 1024

    public init(recordID: RecordID, statement: CertificateStatement, term: UInt64, bitmap: [UInt8], signatures: [Signature]) {
        self.recordID = recordID
        self.statement = statement
        self.term = term
        self.bitmap = bitmap
        self.signatures = signatures
    }

    /// Joins single signatures, given by index into the member list of `n`. Later ones of the same member are left out.
    public init(recordID: RecordID, statement: CertificateStatement, term: UInt64, members n: Int, signatures: [Int: Signature]) {
        precondition(n > 0 && n <= Certificate.membersMax)
        var bitmap = [UInt8](repeating: 0, count: (n + 7) / 8)
        var ordered: [Signature] = []
        for index in 0..<n {
            guard let signature = signatures[index] else { continue }
            bitmap[index >> 3] |= 1 << UInt8(index & 7)
            ordered.append(signature)
        }
        self.init(recordID: recordID, statement: statement, term: term, bitmap: bitmap, signatures: ordered)
    }

    /// What each member signs: `inferix-certificate/1` ‖ network id ‖ statement ‖ term ‖ record id.
    public static func signedBytes(
        recordID: RecordID, statement: CertificateStatement, term: UInt64, network: NetworkID
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 102)
        writer.writeLabel("inferix-certificate/1")
        writer.write(network.digest.array)
        writer.write(statement.rawValue)
        writer.writeLittleEndian(term)
        writer.write(recordID.array)
        return writer.bytes
    }

    /// Indices of the members whose bits are set; nil where the bitmap does not fit `n` members or the signatures.
    public func signers(of n: Int) -> [Int]? {
        guard n > 0, n <= Certificate.membersMax, bitmap.count == (n + 7) / 8 else { return nil }
        var indices: [Int] = []
        for index in 0..<bitmap.count * 8 where bitmap[index >> 3] & (1 << UInt8(index & 7)) != 0 {
            guard index < n else { return nil }
            indices.append(index)
        }
        return indices.count == signatures.count ? indices : nil
    }

    /// True where at least `needed` members signed and every signature given is valid.
    public func verify(members: [Bytes32], needed: Int, with signing: Signing, network: NetworkID) -> Bool {
        guard let signers = signers(of: members.count), signers.count >= max(1, needed) else { return false }
        let message = Certificate.signedBytes(recordID: recordID, statement: statement, term: term, network: network)
        for (signer, signature) in zip(signers, signatures) where !signing.verify(signature, of: message, by: members[signer]) {
            return false
        }
        return true
    }
}

extension Certificate {
    /// Protobuf `Certificate` of `docs/protocols/record.proto`; the signatures are packed, 64 bytes each.
    public var encoded: [UInt8] {
        var writer = ProtobufWriter(reserving: 64 + bitmap.count + signatures.count * Signature.size)
        writer.bytes32(1, recordID)
        writer.uint64(2, UInt64(statement.rawValue))
        writer.uint64(3, term)
        writer.bytes(4, bitmap)
        writer.bytes(5, signatures.flatMap(\.array))
        return writer.bytes
    }

    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var recordID: RecordID?
        var statement: CertificateStatement?
        var term: UInt64 = 0
        var bitmap: ArraySlice<UInt8> = []
        var packed: ArraySlice<UInt8> = []
        while let field = try reader.next() {
            switch field.number {
            case 1 where recordID == nil: recordID = try field.bytes32()
            case 2 where statement == nil:
                guard let number = UInt8(exactly: try field.uint64()), let known = CertificateStatement(rawValue: number) else {
                    throw .malformedField
                }
                statement = known
            case 3 where term == 0: term = try field.uint64()
            case 4 where bitmap.isEmpty: bitmap = try field.bytes(max: Certificate.membersMax / 8)
            case 5 where packed.isEmpty: packed = try field.bytes(max: Certificate.membersMax * Signature.size)
            default: throw .notCanonical
            }
        }
        guard let recordID, let statement else { throw .missingField }
        guard packed.count.isMultiple(of: Signature.size) else { throw .outOfBounds }
        var signatures: [Signature] = []
        signatures.reserveCapacity(packed.count / Signature.size)
        while !packed.isEmpty {
            guard let signature = Signature(packed.prefix(Signature.size)) else { throw .outOfBounds }
            signatures.append(signature)
            packed = packed.dropFirst(Signature.size)
        }
        self.init(recordID: recordID, statement: statement, term: term, bitmap: Array(bitmap), signatures: signatures)
        guard self.encoded.elementsEqual(encoded) else { throw .notCanonical }
    }
}
