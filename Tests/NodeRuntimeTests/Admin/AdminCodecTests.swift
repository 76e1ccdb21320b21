import Crypto
import Identity
import Roles
import Testing
import Wire

@testable import NodeRuntime

@Suite("Admin codec")
struct AdminCodecTests {
    private static let job = Hash.blake2b([1])
    private static let requests: [AdminRequest] =
        [
            .status, .peers, .drain, .pause, .resume, .jobs, .roster, .penalties, .job(job, firstTask: 1024),
            .proof(job: job, task: 7, attempt: nil, offset: 1 << 20), .proof(job: job, task: 7, attempt: 2, offset: 0),
            .block(Hash.cid(of: [1])),
        ] + AdminRequest.JobControl.allCases.map { .control($0, job: job) }

    @Test(arguments: requests) func requestsReadBack(request: AdminRequest) throws {
        #expect(try AdminRequest(bytes: Array(request.json.text.utf8)) == request)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"version":1}"#, #"{"version":1,"ask":"dance"}"#, #"{"version":1,"ask":"job"}"#,
        #"{"version":1,"ask":"job","job":"00","first_task":0}"#, #"{"version":2,"ask":"status"}"#,
        #"{"version":1,"ask":"control","control":"explode","job":"0000000000000000000000000000000000000000000000000000000000000000"}"#,
        #"{"version":1,"ask":"job","job":"0000000000000000000000000000000000000000000000000000000000000000","first_task":-1}"#,
        #"{"version":1,"ask":"job","job":"0000000000000000000000000000000000000000000000000000000000000000","first_task":4294967296}"#,
    ])
    func otherRequestsAreRefused(text: String) {
        #expect(throws: AdminFailure.self) { try AdminRequest(bytes: Array(text.utf8)) }
    }

    @Test func answersReadBack() {
        let done = AdminAnswer.done(.object(["jobs": .array([])]))
        #expect(AdminAnswer(bytes: done.bytes) == done)
        let failed = AdminAnswer.failed(AdminFailure(.refused, "no", advice: "ask again"))
        #expect(AdminAnswer(bytes: failed.bytes) == failed)
    }

    @Test(arguments: [[], Array("{}".utf8), Array(#"{"failure":{}}"#.utf8), [0xff]]) func brokenAnswersAreFailures(bytes: [UInt8]) {
        guard case .failed = AdminAnswer(bytes: bytes) else {
            Issue.record("taken for an answer: \(bytes)")
            return
        }
    }

    @Test func aBundleIsHandedOutInParts() throws {
        let bundle = [UInt8](repeating: 7, count: AdminRequest.proofPartMax + 3)
        guard case .done(let first) = AdminAnswer(.proof(bundle)),
            case .done(let rest) = AdminAnswer(.proof(bundle), proofOffset: AdminRequest.proofPartMax),
            case .done(let beyond) = AdminAnswer(.proof(bundle), proofOffset: .max)
        else {
            Issue.record("a bundle is an answer")
            return
        }
        #expect(first["size"]?.int == bundle.count)
        #expect(first["part"]?.string?.utf8.count == AdminRequest.proofPartMax * 2)
        #expect(rest["part"]?.string == "070707")
        #expect(beyond["part"]?.string == "")
    }

    @Test func theRunFileReadsBack() throws {
        let address = try #require(Multiaddr("/ip4/127.0.0.1/tcp/4001"))
        let file = RunFile(processID: 12, peer: PeerID(ed25519: Self.job), address: address, prefix: "inferix-test")
        #expect(RunFile(Array(file.text.utf8)) == file)
        #expect(RunFile(Array("{}".utf8)) == nil)
    }
}
