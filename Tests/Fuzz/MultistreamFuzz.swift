// fuzz: LibP2P
// longest: 4096
// covers: Sources/LibP2P/Multistream.swift Sources/LibP2P/MessageFramer.swift
// Negotiation and framing of hostile bytes: the outcome doesn't depend on how they are cut into pieces, and nothing is held beyond a limit.
@testable import LibP2P

enum MultistreamFuzz: FuzzTarget {
    /// What became of a stream of bytes.
    struct Outcome: Equatable {
        var choice: Int?
        var failure: Multistream.Failure?
        var reply: [UInt8] = []
        var consumed = 0
    }

    static let proposals = ["/noise", "/yamux/1.0.0", "/ipfs/id/1.0.0"].map { Array($0.utf8) }

    /// First byte: what. Second: size of the pieces. Then the stream.
    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let side = script.choice(4)
        let piece = script.choice(64) + 1
        let stream = script.takeRest()
        switch side {
        case 0: precondition(dial(stream, piece) == dial(stream, stream.count), "a dialler depends on the cuts")
        case 1: precondition(listen(stream, piece) == listen(stream, stream.count), "a listener depends on the cuts")
        case 2: precondition(cut(stream, piece) == cut(stream, stream.count), "messages depend on the cuts")
        default: carry(stream, piece)
        }
    }

    private static func dial(_ stream: [UInt8], _ piece: Int) -> Outcome {
        var dialer = MultistreamDialer(proposals)
        var outcome = Outcome()
        dialer.start(&outcome.reply)
        feed(stream, piece, &outcome) { cursor, reply throws(Multistream.Failure) in try dialer.receive(&cursor, reply: &reply) }
        return outcome
    }

    private static func listen(_ stream: [UInt8], _ piece: Int) -> Outcome {
        var listener = MultistreamListener()
        var outcome = Outcome()
        feed(stream, piece, &outcome) { cursor, reply throws(Multistream.Failure) in
            try listener.receive(&cursor, reply: &reply) { proposals.firstIndex(of: $0) }
        }
        return outcome
    }

    private static func feed(
        _ stream: [UInt8], _ piece: Int, _ outcome: inout Outcome,
        _ receive: (inout ByteCursor, inout [UInt8]) throws(Multistream.Failure) -> Int?
    ) {
        stream.withUnsafeBytes { all in
            var at = 0
            while at < all.count, outcome.choice == nil, outcome.failure == nil {
                var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: all[at..<min(at + piece, all.count)]))
                do throws(Multistream.Failure) {
                    outcome.choice = try receive(&cursor, &outcome.reply)
                    precondition(outcome.choice != nil || cursor.remaining == 0, "bytes were left behind")
                } catch {
                    outcome.failure = error
                }
                outcome.consumed = at + cursor.offset
                at += piece
            }
        }
        // Where it failed depends on nothing, but how much it had taken by then does not matter to anybody.
        if outcome.failure != nil { outcome.consumed = 0 }
    }

    /// Messages of up to 256 KiB, beyond what is reserved at once, arrive as they were sent.
    private static func carry(_ stream: [UInt8], _ piece: Int) {
        var script = Script(stream)
        var sent: [[UInt8]] = []
        for _ in 0..<3 where !script.isAtEnd {
            let count = script.word() * 4 + script.choice(4)
            sent.append([UInt8](repeating: script.byte(), count: count))
        }
        let bytes = sent.flatMap { MessageFramer.prefix($0.count) + $0 }
        let received = cut(bytes, piece * 1024 + 1, sizeMax: 1 << 18)
        precondition(received == sent, "another message than was sent")
    }

    /// The messages in a stream, up to the failure.
    private static func cut(_ stream: [UInt8], _ piece: Int, sizeMax: Int = 1024) -> [[UInt8]?] {
        var framer = MessageFramer(sizeMax: sizeMax)
        var messages: [[UInt8]?] = []
        stream.withUnsafeBytes { all in
            var at = 0
            while at < all.count {
                var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: all[at..<min(at + piece, all.count)]))
                do throws(MessageFramer.Failure) {
                    while let message = try framer.next(&cursor) {
                        precondition(message.count <= sizeMax && !framer.isMidway, "a message beyond its limit")
                        messages.append(message)
                    }
                    precondition(cursor.remaining == 0, "bytes were left behind")
                    precondition(framer.buffered <= framer.announced, "more is held than was announced")
                } catch {
                    messages.append(nil)
                    return
                }
                at += piece
            }
        }
        return messages
    }
}
