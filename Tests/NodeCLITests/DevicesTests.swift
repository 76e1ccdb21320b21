import Foundation
import Testing

/// `node devices`: everything that could render is listed, with its profile or the reason against it.
@Suite("Devices")
struct DevicesTests {
    private func devices(_ flags: [String]) throws -> (all: [[String: Any]], notice: String?) {
        var object: [String: Any] = [:]
        try withDirectory { directory in
            let result = try NodeBinary().run(
                ["devices", "--json", "--data", directory] + flags,
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
            #expect(result.status == 0, "\(result.error)")
            object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        }
        #expect((object["sandbox"] as? [String: Any])?["network"] is Bool)
        return (try #require(object["devices"] as? [[String: Any]]), object["notice"] as? String)
    }

    @Test func everyDeviceHasTheProfileOrAReason() throws {
        let (all, notice) = try devices([])
        let native = try #require(all.first)
        #expect(native["name"] as? String == "native")
        let profile = try #require(native["profile"] as? String)
        #expect(profile.count == 64 && profile.allSatisfy(\.isHexDigit))
        #expect((native["mpaths_per_second"] as? Double ?? 0) > 0)
        #expect((native["mrays_per_second"] as? Double ?? 0) > (native["mpaths_per_second"] as? Double ?? 0))
        // Without OpenCL the list is short, and says why.
        #expect(all.count > 1 || notice != nil)
        for (index, device) in all.dropFirst().enumerated() {
            #expect(device["name"] as? String == "opencl:\(index)")
            if let refusal = device["refusal"] as? String {
                #expect(!refusal.isEmpty && device["profile"] is NSNull && device["mpaths_per_second"] is NSNull)
            } else {
                #expect(device["profile"] as? String == profile)
                #expect((device["mpaths_per_second"] as? Double ?? 0) > 0)
            }
        }
    }

    @Test func aQuickListMeasuresNothing() throws {
        let (all, _) = try devices(["--quick"])
        #expect(!all.isEmpty)
        for device in all { #expect(device["profile"] is NSNull && device["mpaths_per_second"] is NSNull) }
    }
}
