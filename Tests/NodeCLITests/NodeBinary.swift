import Foundation
import Testing

/// The `node` that was built with these tests, run as a process.
struct NodeBinary {
    struct Result {
        let status: Int32
        let output: String
        let error: String
    }

    struct Missing: Error { let path: String }

    let path: String

    init(path: String) { self.path = path }

    init() throws {
        // The test bundle lies beside the binaries, wherever the build keeps them.
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        let bundle = maps.split(separator: "\n").compactMap { $0.split(separator: " ").last }.first { $0.hasSuffix(".xctest") }
        path = URL(filePath: String(bundle ?? "")).deletingLastPathComponent().appending(path: "node").path
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Missing(path: path) }
    }

    /// Runs to the end, without a terminal and with nothing on standard input.
    func run(_ arguments: [String], environment: [String: String] = [:], workingDirectory: String? = nil, input: String? = nil) throws
        -> Result
    {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ["HOME": "/nonexistent", "SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
        if let workingDirectory { process.currentDirectoryURL = URL(filePath: workingDirectory) }
        let output = Pipe()
        let error = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        // What these commands write fits into a pipe, so reading one after the other cannot block.
        let out = output.fileHandleForReading.readDataToEndOfFile()
        let err = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: out, as: UTF8.self), error: String(decoding: err, as: UTF8.self))
    }
}

extension NodeBinary {
    /// Runs on a terminal of its own, made by util-linux's `script`, and types each answer and a line end once its prompt is there.
    func converse(_ arguments: String, _ answers: [(prompt: String, answer: String)]) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/script")
        process.arguments = ["-qec", "\(path) \(arguments)", "/dev/null"]
        process.environment = ["HOME": "/nonexistent", "SWIFT_BACKTRACE": "enable=no"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var text = ""
        var seen = text.startIndex
        for (prompt, answer) in answers {
            while text[seen...].range(of: prompt) == nil {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { throw NoPrompt(prompt: prompt, text: text) }
                let offset = text.utf8.distance(from: text.startIndex, to: seen)
                text += String(decoding: more, as: UTF8.self)
                seen = text.utf8.index(text.startIndex, offsetBy: offset)
            }
            seen = text.endIndex
            try input.fileHandleForWriting.write(contentsOf: Data((answer + "\n").utf8))
        }
        text += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: text, error: "")
    }

    struct NoPrompt: Error {
        let prompt: String
        let text: String
    }
}

/// A directory that is gone after the test.
func withDirectory(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "inferix-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body(directory)
}
