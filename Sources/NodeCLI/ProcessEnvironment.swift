// The C library's list of variables is a global that nothing in this process writes.
@preconcurrency internal import Glibc

enum ProcessEnvironment {
    /// The variables that the process was started with.
    static let variables: [String: String] = {
        var found: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") { found[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
            next = next.advanced(by: 1)
        }
        return found
    }()
}
