public import Identity
public import Wire

/// A type that a key of a configuration file can have.
public protocol FieldValue: Sendable {
    /// For people: "text", "true or false", "one of …".
    static var typeName: String { get }
    init(item: TOMLItem) throws(FieldProblem)
    var item: TOMLItem { get }
    /// What the text of a variable or of a flag stands for.
    static func item(parsing text: String) -> TOMLItem
}

extension FieldValue {
    public static func item(parsing text: String) -> TOMLItem { .text(text) }

    static func mismatch(_ item: TOMLItem) -> FieldProblem {
        guard case .text(let text) = item else { return FieldProblem("takes \(typeName), not \(item.kind)") }
        return FieldProblem("takes \(typeName), not \"\(text)\"")
    }
}

extension String: FieldValue {
    public static var typeName: String { "text" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item else { throw String.mismatch(item) }
        self = text
    }
    public var item: TOMLItem { .text(self) }
}

extension Bool: FieldValue {
    public static var typeName: String { "true or false" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .boolean(let value) = item else { throw Bool.mismatch(item) }
        self = value
    }
    public var item: TOMLItem { .boolean(self) }
    public static func item(parsing text: String) -> TOMLItem {
        switch text {
        case "true", "1", "yes", "on": .boolean(true)
        case "false", "0", "no", "off": .boolean(false)
        default: .text(text)
        }
    }
}

extension Int: FieldValue {
    public static var typeName: String { "an integer" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .integer(let value) = item else { throw Int.mismatch(item) }
        self = value
    }
    public var item: TOMLItem { .integer(self) }
    public static func item(parsing text: String) -> TOMLItem { Int(text).map(TOMLItem.integer) ?? .text(text) }
}

/// In variables and flags the elements are separated by commas; an empty text is an empty list.
extension Array: FieldValue where Element: FieldValue {
    public static var typeName: String { "a list, each \(Element.typeName)" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .list(let items) = item else { throw Self.mismatch(item) }
        guard items.count <= listMax else { throw FieldProblem("has \(items.count) elements, at most \(listMax)") }
        self = []
        for item in items { append(try Element(item: item)) }
    }
    public var item: TOMLItem { .list(map(\.item)) }
    public static func item(parsing text: String) -> TOMLItem {
        .list(text.split(separator: ",").map { Element.item(parsing: String($0)) })
    }
}

/// More than any list of ours needs; a file with more is a mistake or an attack.
let listMax = 256

/// Enumerations whose raw values are what people write.
public protocol NamedChoice: FieldValue, RawRepresentable, CaseIterable where RawValue == String {}

extension NamedChoice {
    public static var typeName: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item else { throw Self.mismatch(item) }
        guard let value = Self(rawValue: text) else {
            let nearest = NearestName.of(text, among: Self.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
            throw FieldProblem("takes \(Self.typeName), not \"\(text)\"\(nearest)")
        }
        self = value
    }
    public var item: TOMLItem { .text(rawValue) }
}

extension Multiaddr: FieldValue {
    public static var typeName: String { "a multiaddr" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item else { throw Multiaddr.mismatch(item) }
        guard let address = Multiaddr(text) else {
            throw FieldProblem("takes a multiaddr such as /ip4/127.0.0.1/tcp/4001, not \"\(text)\"")
        }
        self = address
    }
    public var item: TOMLItem { .text(description) }
}

extension PeerID: FieldValue {
    public static var typeName: String { "a peer id" }
    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item else { throw PeerID.mismatch(item) }
        guard let id = PeerID(text) else { throw FieldProblem("takes a peer id such as 12D3KooW…, not \"\(text)\"") }
        self = id
    }
    public var item: TOMLItem { .text(description) }
}
