internal import Glibc
internal import NodeRuntime

/// Where the password of a key comes from: the first line of a file, or a prompt. Never an argument, which every user of the machine can see.
public enum Password {
    /// Bytes at most; longer input is no password.
    public static let sizeMax = 1024

    /// - Parameters:
    ///   - file: nil or empty asks on the terminal.
    ///   - purpose: what the prompt says: "password of the key".
    ///   - isNew: asks twice, and refuses an empty one.
    public static func obtain(file: String?, purpose: String, isNew: Bool) throws -> [UInt8] {
        if let file, !file.isEmpty { return try fromFile(file) }
        let password = try prompt("\(purpose): ", isNew: isNew)
        guard isNew else { return password }
        guard !password.isEmpty else {
            throw CommandFailure(.failed, "the \(purpose) is empty", advice: "Choose one, or give a file with --password-file.")
        }
        guard try prompt("\(purpose), again: ", isNew: isNew) == password else { throw CommandFailure(.failed, "the two passwords differ") }
        return password
    }

    /// The first line, without its end. Refused where others can read the file.
    public static func fromFile(_ path: String) throws -> [UInt8] {
        try PrivateFile.check(path)
        let bytes = try TextFile.read(path, sizeMax: sizeMax)
        var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { throw CommandFailure(.failed, "\(path): the first line, the password, is empty") }
        return Array(line)
    }

    /// Asks on the controlling terminal, wherever standard input and output go, without echo.
    private static func prompt(_ text: String, isNew: Bool) throws -> [UInt8] {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw CommandFailure(
                .failed, "a password is needed and there is no terminal to ask on",
                advice: "Give a file with --password-file, or name it in INFERIX_KEY_PASSWORD_FILE"
                    + (isNew ? "; --no-password leaves the key open." : "."))
        }
        defer { close(descriptor) }
        let terminal = Terminal.Stream(descriptor: descriptor)
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { throw CommandFailure(.failed, "the terminal cannot be read without echo") }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 else {
            throw CommandFailure(.failed, "the terminal cannot be read without echo")
        }
        defer {
            tcsetattr(descriptor, TCSAFLUSH, &before)
            terminal.write("\n")
        }
        terminal.write(text)
        return try readLine(descriptor)
    }

    private static func readLine(_ descriptor: Int32) throws -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw CommandFailure(.failed, "no password was given") }
            if byte == UInt8(ascii: "\n") { return line }
            guard line.count < sizeMax else { throw CommandFailure(.failed, "the password is longer than \(sizeMax) bytes") }
            line.append(byte)
        }
    }
}

/// Files that only their owner may read.
public enum PrivateFile {
    /// - Throws: where the file's mode lets the group or others read or write it; a missing file is left to whoever opens it.
    public static func check(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        throw CommandFailure(.failed, "\(path): others may read it (mode \(mode))", advice: "Run: chmod 600 \(path)")
    }
}
