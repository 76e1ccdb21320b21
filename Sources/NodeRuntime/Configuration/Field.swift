/// One key of a file: its name, type and meaning, and how it gets into the value that the file describes.
public struct Field<Root: Sendable>: Sendable {
    /// With its table: `log.level`.
    public let key: String
    public let typeName: String
    /// One line.
    public let meaning: String
    let read: @Sendable (Root) -> TOMLItem
    let write: @Sendable (inout Root, TOMLItem) throws(FieldProblem) -> Void
    let parse: @Sendable (String) -> TOMLItem

    public func item(of root: Root) -> TOMLItem { read(root) }

    init<Value: FieldValue>(_ key: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ meaning: String) {
        self.key = key
        self.meaning = meaning
        typeName = Value.typeName
        read = { $0[keyPath: path].item }
        write = { (root, item) throws(FieldProblem) in root[keyPath: path] = try Value(item: item) }
        parse = { Value.item(parsing: $0) }
    }

    /// An integer of a range.
    init(_ key: String, _ path: any WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>, _ meaning: String) {
        self.key = key
        self.meaning = meaning
        typeName = "an integer, \(range.lowerBound) to \(range.upperBound)"
        read = { .integer($0[keyPath: path]) }
        write = { (root, item) throws(FieldProblem) in
            let value = try Int(item: item)
            guard range.contains(value) else {
                throw FieldProblem("takes an integer from \(range.lowerBound) to \(range.upperBound), not \(value)")
            }
            root[keyPath: path] = value
        }
        parse = { Int.item(parsing: $0) }
    }
}

/// The keys of one kind of file, in the order in which they are written.
public struct FieldTable<Root: Sendable>: Sendable {
    public let fields: [Field<Root>]

    init(_ fields: [Field<Root>]) { self.fields = fields }

    public subscript(key: String) -> Field<Root>? { fields.first { $0.key == key } }

    /// Sets what the document names and leaves the rest alone.
    /// - Throws: at the first unknown key, with the nearest known one, or the first value of a wrong type.
    func apply(_ document: TOMLDocument, to root: inout Root, place: String) throws(ConfigurationError) {
        for entry in document.entries { try set(entry.key, to: entry.item, in: &root, place: place) }
    }

    func set(_ key: String, to item: TOMLItem, in root: inout Root, place: String) throws(ConfigurationError) {
        guard let field = self[key] else { throw unknown(key, place: place) }
        do {
            try field.write(&root, item)
        } catch {
            throw ConfigurationError(place: place, problem: "\(key) \(error.text)")
        }
    }

    func unknown(_ key: String, place: String) -> ConfigurationError {
        let nearest = NearestName.of(key, among: fields.map(\.key))
        return ConfigurationError(
            place: place, problem: "there is no key \(key)",
            advice: nearest.map { "did you mean \($0)?" } ?? "the keys are \(fields.map(\.key).joined(separator: ", "))")
    }

    /// A file that gives `root` when it is read, each key under the line that explains it.
    public func text(of root: Root, comment: (Field<Root>) -> [String] = { [$0.meaning] }) -> String {
        var lines: [String] = []
        var table = ""
        // Keys without a table must come before the first table.
        for field in fields.filter({ !$0.key.contains(".") }) + fields.filter({ $0.key.contains(".") }) {
            let (prefix, name) = FieldTable.split(field.key)
            if prefix != table {
                lines += ["", "[\(prefix)]"]
                table = prefix
            }
            lines += comment(field).map { "# \($0)" }
            lines.append("\(name) = \(field.read(root).literal)")
        }
        return lines.drop { $0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private static func split(_ key: String) -> (table: String, name: String) {
        guard let dot = key.lastIndex(of: ".") else { return ("", key) }
        return (String(key[..<dot]), String(key[key.index(after: dot)...]))
    }
}
