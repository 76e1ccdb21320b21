/// Why bytes from outside were refused. Carries no bytes of theirs.
public enum WireError: Error, Equatable, Hashable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// A varint of more than 10 bytes, more than 64 bits, or not in its shortest form where that is required.
    case malformedVarint
    /// A length, count or number beyond what the field allows.
    case outOfBounds
    /// A wire type, tag, version or code that does not exist or does not fit the field.
    case malformedField
    /// Not in the canonical form that signed bodies must have: ascending fields, no defaults, no unknown fields.
    case notCanonical
    /// A required field is missing.
    case missingField
    /// Text that is not UTF-8, or not in the alphabet of its base.
    case malformedText
    /// Bytes are left over.
    case trailingBytes
}
