internal import Crypto
internal import Wire

/// What records are accepted, by the namespace that their key begins with: `/name/…`. Keys outside every namespace are refused.
///
/// The rules must be pure and stable: the same records must win everywhere (libp2p/specs kad-dht, entry validation).
public struct RecordValidator: Sendable {
    public struct Namespace: Sendable {
        /// Without slashes.
        public var name: String
        /// Key and value.
        public var isValid: @Sendable ([UInt8], [UInt8]) -> Bool
        /// Whether the first of two valid values of a key is better than the second.
        public var isBetter: @Sendable ([UInt8], [UInt8]) -> Bool

        public init(
            name: String, isValid: @escaping @Sendable ([UInt8], [UInt8]) -> Bool,
            isBetter: @escaping @Sendable ([UInt8], [UInt8]) -> Bool = { _, _ in false }
        ) {
            self.name = name
            self.isValid = isValid
            self.isBetter = isBetter
        }

        /// `/pk/` and a sha2-256 peer id: the value is the public key that hashes to it.
        public static let publicKeys = Namespace(name: "pk") { key, value in
            let id = key.dropFirst(4)
            return id.count == 34 && id.starts(with: [0x12, 0x20]) && Hash.sha256(value).array == Array(id.dropFirst(2))
        }
    }

    private var rules: [(prefix: [UInt8], namespace: Namespace)]

    public init(_ namespaces: [Namespace] = [.publicKeys]) {
        rules = namespaces.map { (Array("/\($0.name)/".utf8), $0) }
    }

    private func namespace(of key: [UInt8]) -> Namespace? { rules.first { key.starts(with: $0.prefix) }?.namespace }

    func isValid(_ record: Record) -> Bool {
        guard !record.key.isEmpty, record.key.count <= KademliaMessage.keySizeMax, record.value.count <= KademliaMessage.valueSizeMax
        else { return false }
        return namespace(of: record.key)?.isValid(record.key, record.value) ?? false
    }

    func isBetter(_ value: [UInt8], than other: [UInt8], key: [UInt8]) -> Bool {
        namespace(of: key)?.isBetter(value, other) ?? false
    }
}
