// The C library's list of variables is a global that nothing in this process writes.
@preconcurrency internal import Glibc

public enum ProcessEnvironment {
    /// The variables that the process was started with.
    public static let variables: [String: String] = {
        var found: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") { found[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
            next = next.advanced(by: 1)
        }
        return found
    }()

    /// Path of the running binary; nil where the kernel does not tell.
    public static var executable: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// Empty where it has been removed.
    public static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }
}
