import Glibc

/// Reads files below the folder of a scene, and nothing else.
public struct SceneFiles: Sendable {
    /// The folder of the scene; nil where a scene has none (tests, standard input): then every external reference is refused.
    public var folder: String?

    public init(folder: String?) {
        self.folder = folder
    }

    /// Reads a file named by the caller (the scene itself, a sky on the command line): any path.
    public static func read(path: String, max: Int) throws(SceneError) -> [UInt8] {
        try contents(path: path, name: path, max: max)
    }

    /// Reads a relative URI of the scene. Refused: schemes, absolute paths, `..`, backslashes, links that lead out of the folder,
    /// anything that is not a regular file.
    func read(uri: String, max: Int, at place: String) throws(SceneError) -> [UInt8] {
        let relative = try SceneFiles.relativePath(uri, at: place)
        guard let folder else {
            throw SceneError(
                .forbidden, at: place, "it refers to the file \(uri), and this scene has no folder", advice: "embed the file in a .glb")
        }
        guard let root = SceneFiles.resolved(folder) else {
            throw SceneFiles.unreadable(folder)
        }
        let path = root + "/" + relative
        guard let target = SceneFiles.resolved(path) else {
            throw SceneError(
                .unreadable, at: place, "the file \(uri) cannot be opened (\(SceneFiles.systemError()))",
                advice: "put it beside the scene")
        }
        guard target.hasPrefix(root == "/" ? root : root + "/") else {
            throw SceneFiles.leavesFolder(uri, at: place)
        }
        return try SceneFiles.contents(path: target, name: "\(place) (\(uri))", max: max)
    }

    /// Decodes %XX and checks every rule that needs no disk.
    static func relativePath(_ uri: String, at place: String) throws(SceneError) -> String {
        var bytes: [UInt8] = []
        var source = Array(uri.utf8)[...]
        while let byte = source.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = source.popFirst().flatMap(hexDigit), let low = source.popFirst().flatMap(hexDigit) else {
                throw .malformed(place, "the URI \(uri) has a % that two hexadecimal digits do not follow")
            }
            bytes.append(high << 4 | low)
        }
        guard let path = String(validating: bytes, as: UTF8.self), !path.isEmpty, !bytes.contains(0) else {
            throw .malformed(place, "the URI is empty or not UTF-8")
        }
        guard !path.hasPrefix("/"), !path.contains("\\"), !path.contains(":"),
            !path.split(separator: "/", omittingEmptySubsequences: false).contains("..")
        else {
            throw leavesFolder(uri, at: place)
        }
        return path
    }

    private static func leavesFolder(_ uri: String, at place: String) -> SceneError {
        SceneError(
            .forbidden, at: place, "\(uri) is not a file in the scene's own folder",
            advice: "only relative paths without '..' are read: copy the file beside the scene")
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func contents(path: String, name: String, max: Int) throws(SceneError) -> [UInt8] {
        try withFile(path: path, name: name, max: max) { (descriptor, size) throws(SceneError) in
            try contents(descriptor, size: size, name: name)
        }
    }

    /// Opens a regular file of at most `max` bytes.
    static func withFile<Value>(
        path: String, name: String, max: Int, _ body: (_ descriptor: Int32, _ size: Int) throws(SceneError) -> Value
    ) throws(SceneError) -> Value {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(name) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(name) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SceneError(.unreadable, at: name, "not a regular file", advice: "give the path of a file")
        }
        guard status.st_size <= max else {
            throw .limit(name, "the file has \(status.st_size) bytes, at most \(max) are read")
        }
        return try body(descriptor, Int(status.st_size))
    }

    static func contents(_ descriptor: Int32, size: Int, name: String) throws(SceneError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Glibc.read(descriptor, buffer.baseAddress! + count, size - count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                count += got
            }
        }
        guard failure == 0 else {
            errno = failure
            throw unreadable(name)
        }
        return bytes
    }

    private static func unreadable(_ name: String) -> SceneError {
        SceneError(.unreadable, at: name, "cannot be read (\(systemError()))", advice: "check the path and its permissions")
    }

    static func systemError() -> String {
        String(cString: strerror(errno))
    }
}
