import Testing

@testable import LibP2P

@Suite struct MultistreamTests {
    private let noise = Array("/noise".utf8)
    private let other = Array("/other/1.0.0".utf8)

    private func lines(_ texts: String...) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts { Multistream.append(Array(text.utf8), to: &bytes) }
        return bytes
    }

    private func listen(_ listener: inout MultistreamListener, _ bytes: [UInt8], _ reply: inout [UInt8]) throws -> ([UInt8]?, [UInt8]) {
        try bytes.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            let choice = try listener.receive(&cursor, reply: &reply) { $0 == noise ? $0 : nil }
            return (choice, Array(cursor.takeRest()))
        }
    }

    @Test func linesAreThoseOfTheSpecification() {
        #expect(lines("/multistream/1.0.0") == [19] + Array("/multistream/1.0.0\n".utf8))
        #expect(lines("na") == [3] + Array("na\n".utf8))
    }

    @Test func dialerSendsHeaderAndProposalTogether() {
        let dialer = MultistreamDialer([noise])
        var output: [UInt8] = []
        dialer.start(&output)
        #expect(output == lines("/multistream/1.0.0", "/noise"))
    }

    @Test func listenerWorksAtEveryCut() throws {
        let input = lines("/multistream/1.0.0", "/other/1.0.0", "/noise") + [1, 2, 3]
        for first in 0...input.count {
            for second in stride(from: first, through: input.count, by: 5) {
                var listener = MultistreamListener()
                var reply: [UInt8] = []
                var choice: [UInt8]?
                var rest: [UInt8] = []
                for piece in [input[..<first], input[first..<second], input[second...]] {
                    if choice != nil {
                        rest += piece
                        continue
                    }
                    let result = try listen(&listener, Array(piece), &reply)
                    choice = result.0
                    rest += result.1
                }
                #expect(choice == noise)
                #expect(rest == [1, 2, 3])
                #expect(reply == lines("/multistream/1.0.0", "na", "/noise"))
            }
        }
    }

    @Test func dialerWorksAtEveryCut() throws {
        let input = lines("/multistream/1.0.0", "na", "/noise") + [9]
        for cut in 0...input.count {
            var dialer = MultistreamDialer([other, noise])
            var reply: [UInt8] = []
            var chosen: Int?
            for piece in [input[..<cut], input[cut...]] where chosen == nil {
                chosen = try Array(piece).withUnsafeBytes { bytes in
                    var cursor = ByteCursor(bytes)
                    return try dialer.receive(&cursor, reply: &reply)
                }
            }
            #expect(chosen == 1)
            #expect(reply == lines("/noise"))
        }
    }

    private func dial(_ input: [UInt8]) throws -> Int? {
        var dialer = MultistreamDialer([noise])
        var reply: [UInt8] = []
        return try input.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            return try dialer.receive(&cursor, reply: &reply)
        }
    }

    @Test func hostileAnswersEndTheNegotiation() {
        #expect(throws: Multistream.Failure.refused) { try dial(lines("/multistream/1.0.0", "na")) }
        #expect(throws: Multistream.Failure.wrongHeader) { try dial(lines("/multistream/2.0.0")) }
        #expect(throws: Multistream.Failure.unexpectedAnswer) { try dial(lines("/multistream/1.0.0", "/tls/1.0.0")) }
        #expect(throws: Multistream.Failure.malformedLine) { try dial([0]) }
        #expect(throws: Multistream.Failure.malformedLine) { try dial([0xff, 0xff, 0xff]) }
        #expect(throws: Multistream.Failure.malformedLine) { try dial([0x81, 0x08]) }
        #expect(throws: Multistream.Failure.malformedLine) { try dial([2, 0x61, 0x62]) }
    }

    @Test func listenersTireOfProposals() throws {
        var listener = MultistreamListener()
        var reply: [UInt8] = []
        var input = lines("/multistream/1.0.0")
        for _ in 0..<Multistream.proposalsMax { input += lines("/x") }
        #expect(try listen(&listener, input, &reply).0 == nil)
        #expect(throws: Multistream.Failure.tooManyProposals) { try listen(&listener, lines("/x"), &reply) }
    }
}
