import EventLoop
import Foundation
import Identity
import Testing
import Wire

/// A py-libp2p process (`Peer/peer.py`), driven by one JSON object a line.
final class PythonPeer {
    struct Refusal: Error, CustomStringConvertible {
        let operation: String
        let reason: String
        var description: String { "py-libp2p, \(operation): \(reason)" }
    }

    struct Message: Equatable {
        let topic: String
        let author: String
        let data: [UInt8]
    }

    let process: ChildProcess
    private let loop: EventLoop
    private var input: [UInt8] = []
    private var errors: [UInt8] = []
    private var answers: [Int: Result<Any, Refusal>] = [:]
    private var lastNumber = 0
    private(set) var name = ""
    private(set) var addresses: [String] = []
    /// Gossip that it was given.
    private(set) var messages: [Message] = []
    /// Gossip that came over the wire, whether or not it was taken.
    private(set) var arrivals: [Message] = []

    init(loop: EventLoop, _ arguments: [String]) throws {
        self.loop = loop
        let interpreter = try #require(PythonEnvironment.interpreter)
        var command = ChildProcess.Command(interpreter, [PythonEnvironment.script] + arguments)
        command.standardInput = .pipe
        command.standardOutput = .pipe
        command.standardError = .pipe
        // A block of 1 MiB is a line of 2 MiB.
        command.pipes.backlogMax = 8 << 20
        process = try ChildProcess(loop: loop, command)
        process.standardOutput?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.received($0) } }
        process.standardError?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.errors.append(contentsOf: $0.suffix(4096)) } }
        process.standardOutput?.resumeReading()
        process.standardError?.resumeReading()
    }

    func forgetMessages() {
        messages = []
        arrivals = []
    }

    var id: PeerID { get throws { try #require(PeerID(name)) } }
    /// Where it listens, with its id.
    var address: Multiaddr { get throws { try #require(addresses.first.flatMap { Multiaddr($0) }) } }
    /// What it wrote to standard error.
    var complaints: String { String(decoding: errors.suffix(2000), as: UTF8.self) }

    /// Ends the process. Its other two pipes close when it has ended.
    func close() {
        process.standardInput?.close()
        process.close()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        input.append(contentsOf: bytes)
        while let end = input.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(input[..<end])
            input.removeSubrange(...end)
            guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else { continue }
            take(object)
        }
    }

    private func take(_ object: [String: Any]) {
        if let number = object["id"] as? Int {
            let answer = object["error"].map { Result<Any, Refusal>.failure(Refusal(operation: "\(number)", reason: "\($0)")) }
            answers[number] = answer ?? .success(object["ok"] ?? NSNull())
            return
        }
        switch object["event"] as? String {
        case "listening":
            name = object["peer"] as? String ?? ""
            addresses = object["addresses"] as? [String] ?? []
        case "message": messages.append(message(object))
        case "arrival": arrivals.append(message(object))
        default: break
        }
    }

    private func message(_ object: [String: Any]) -> Message {
        let data = (object["data"] as? String).flatMap { Hex.decode($0) } ?? []
        return Message(topic: object["topic"] as? String ?? "", author: object["from"] as? String ?? "", data: data)
    }

    /// Has an operation done and waits for what it gives, while the loop serves everybody else; `watching` is called at each of its turns.
    @discardableResult
    func call<Answer>(
        _ operation: String, _ arguments: [String: Any] = [:], as type: Answer.Type = Any.self,
        _ location: SourceLocation = #_sourceLocation, watching: () -> Void = {}
    ) throws -> Answer {
        lastNumber += 1
        let number = lastNumber
        let command = arguments.merging(["id": number, "op": operation]) { $1 }
        let line = try JSONSerialization.data(withJSONObject: command) + [UInt8(ascii: "\n")]
        _ = process.standardInput?.write(Array(line))
        let held = try loop.run(for: patience) {
            watching()
            return answers[number] != nil || process.exitStatus != nil
        }
        try #require(held, "py-libp2p never answered \(operation)", sourceLocation: location)
        let taken = answers.removeValue(forKey: number)
        let answer = try #require(taken, "py-libp2p ended: \(complaints)", sourceLocation: location)
        switch answer {
        case .success(let value):
            return try #require(value as? Answer, "py-libp2p answered \(operation) with \(value)", sourceLocation: location)
        case .failure(let refusal): throw Refusal(operation: operation, reason: refusal.reason)
        }
    }
}
