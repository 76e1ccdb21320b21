/// multistream-select 1.0 (multiformats/multistream-select): lines with a varint length in front and a newline at the end.
enum Multistream {
    static let header = Array("/multistream/1.0.0".utf8)
    static let refusal = Array("na".utf8)
    /// Longest line that is read, newline included.
    static let lineLengthMax = 1024
    /// Proposals that a listener refuses before it gives up.
    static let proposalsMax = 16

    enum Failure: Error, Equatable {
        /// A length of zero or beyond the limit, or no newline at the end.
        case malformedLine
        /// The first line names another protocol.
        case wrongHeader
        /// The answer is neither our proposal nor a refusal.
        case unexpectedAnswer
        case tooManyProposals
        /// The listener knows none of the proposals.
        case refused
    }

    static func append(_ line: [UInt8], to output: inout [UInt8]) {
        var length = line.count + 1
        while length >= 0x80 {
            output.append(UInt8(length & 0x7f) | 0x80)
            length >>= 7
        }
        output.append(UInt8(length))
        output += line
        output.append(UInt8(ascii: "\n"))
    }
}

/// Collects one line however it is cut into pieces.
struct MultistreamLineReader {
    private var length = 0
    private var lengthDigits = 0
    private var isLengthKnown = false
    private var line: [UInt8] = []

    /// The next line without its newline, or nil where more bytes are needed.
    mutating func next(_ cursor: inout ByteCursor) throws(Multistream.Failure) -> [UInt8]? {
        while !isLengthKnown {
            guard let byte = cursor.takeByte() else { return nil }
            length |= Int(byte & 0x7f) << (7 * lengthDigits)
            lengthDigits += 1
            if byte & 0x80 == 0 {
                guard (1...Multistream.lineLengthMax).contains(length) else { throw .malformedLine }
                isLengthKnown = true
            } else if lengthDigits == 2 {
                throw .malformedLine
            }
        }
        line.append(contentsOf: cursor.take(length - line.count))
        guard line.count == length else { return nil }
        guard line.removeLast() == UInt8(ascii: "\n") else { throw .malformedLine }
        defer { self = MultistreamLineReader() }
        return line
    }
}

/// The side that proposes. The first proposal goes out together with the header.
struct MultistreamDialer {
    private let proposals: [[UInt8]]
    private var current = 0
    private var isHeaderSeen = false
    private var reader = MultistreamLineReader()

    /// - Parameter proposals: at least one, in the order of preference.
    init(_ proposals: [[UInt8]]) {
        precondition(!proposals.isEmpty)
        self.proposals = proposals
    }

    func start(_ output: inout [UInt8]) {
        Multistream.append(Multistream.header, to: &output)
        Multistream.append(proposals[0], to: &output)
    }

    /// The index of the accepted proposal once it is known; bytes behind it stay in the cursor.
    mutating func receive(_ cursor: inout ByteCursor, reply: inout [UInt8]) throws(Multistream.Failure) -> Int? {
        while let line = try reader.next(&cursor) {
            if !isHeaderSeen {
                guard line == Multistream.header else { throw .wrongHeader }
                isHeaderSeen = true
            } else if line == proposals[current] {
                return current
            } else {
                guard line == Multistream.refusal else { throw .unexpectedAnswer }
                current += 1
                guard current < proposals.count else { throw .refused }
                Multistream.append(proposals[current], to: &reply)
            }
        }
        return nil
    }
}

/// The side that accepts or refuses.
struct MultistreamListener {
    private var isHeaderSeen = false
    private var refusals = 0
    private var reader = MultistreamLineReader()

    /// The first proposal that `accepts` knows; bytes behind it stay in the cursor.
    mutating func receive<Choice>(
        _ cursor: inout ByteCursor, reply: inout [UInt8], accepts: ([UInt8]) -> Choice?
    ) throws(Multistream.Failure) -> Choice? {
        while let line = try reader.next(&cursor) {
            if !isHeaderSeen {
                guard line == Multistream.header else { throw .wrongHeader }
                isHeaderSeen = true
                Multistream.append(Multistream.header, to: &reply)
            } else if let choice = accepts(line) {
                Multistream.append(line, to: &reply)
                return choice
            } else {
                refusals += 1
                guard refusals <= Multistream.proposalsMax else { throw .tooManyProposals }
                Multistream.append(Multistream.refusal, to: &reply)
            }
        }
        return nil
    }
}
