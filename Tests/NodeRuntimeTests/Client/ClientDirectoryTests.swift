import Crypto
import Testing
import Wire

@testable import NodeRuntime

@Suite("Client directories")
struct ClientDirectoryTests {
    @Test func eachProcessGetsOneOfItsOwn() throws {
        let directory = try TemporaryDirectory()
        let places = Places(directory: directory.path)
        let first = try ClientDirectory.open(below: places)
        let second = try ClientDirectory.open(below: places)
        #expect(first.places.data.hasSuffix("/clients/1"))
        #expect(second.places.data.hasSuffix("/clients/2"))
        #expect(try ClientDirectory.open(1, below: places) == nil, "somebody has it")
    }

    @Test func theOwnerOfAJobIsFound() throws {
        let directory = try TemporaryDirectory()
        let places = Places(directory: directory.path)
        let (job, other) = (Hash.blake2b([1]), Hash.blake2b([2]))
        do {
            let client = try ClientDirectory.open(below: places)
            try client.remember(job, .object(["scene": "cornell"]))
            guard case .running(let running) = try ClientDirectory.owner(of: job, below: places) else {
                Issue.record("its process runs")
                return
            }
            #expect(running == client.places)
        }
        guard case .free(let free) = try ClientDirectory.owner(of: job, below: places) else {
            Issue.record("its process has ended")
            return
        }
        #expect(free.description(of: job)?["scene"]?.string == "cornell")
        #expect(free.description(of: other) == nil)
        guard case .unknown = try ClientDirectory.owner(of: other, below: places) else {
            Issue.record("nobody submitted it here")
            return
        }
        #expect(ClientDirectory.jobs(below: places).map(\.job) == [job])
    }
}
