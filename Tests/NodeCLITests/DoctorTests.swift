import Foundation
import Testing

/// `node doctor`: each line is ok, a warning or a failure with what to do; a failure is status 1.
@Suite("Doctor")
struct DoctorTests {
    private struct Visit {
        var status: Int32
        var isHealthy: Bool
        var checks: [String: (verdict: String, found: String, advice: String?)] = [:]
    }

    private func visit(_ directory: String) throws -> Visit {
        let result = try NodeBinary().run(["doctor", "--quick", "--json", "--data", directory])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any], "\(result.error)")
        var visit = Visit(status: result.status, isHealthy: try #require(object["healthy"] as? Bool))
        for check in try #require(object["checks"] as? [[String: Any]]) {
            let verdict = try #require(check["verdict"] as? String)
            #expect(["ok", "warn", "fail"].contains(verdict))
            // What is not ok says what to do.
            #expect(verdict == "ok" || !(check["advice"] is NSNull), "\(check)")
            visit.checks[try #require(check["check"] as? String)] = (
                verdict, try #require(check["found"] as? String), check["advice"] as? String
            )
        }
        #expect(visit.isHealthy == !visit.checks.values.contains { $0.verdict == "fail" })
        #expect(visit.status == (visit.isHealthy ? 0 : 1))
        return visit
    }

    /// A node's directory as `node init` makes it, listening where nobody else does.
    private func withNode(_ body: (String) throws -> Void) throws {
        try withDirectory { directory in
            let made = try NodeBinary().run(
                ["init", "--role", "verifier", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-password", "--data", directory])
            #expect(made.status == 0, "\(made.error)")
            chmod(directory, 0o700)
            try body(directory)
        }
    }

    @Test func aGoodNodeIsHealthy() throws {
        try withNode { directory in
            let visit = try visit(directory)
            #expect(visit.status == 0)
            for check in ["libraries", "native", "configuration", "directory", "key", "listen /ip4/127.0.0.1/tcp/0"] {
                #expect(visit.checks[check]?.verdict == "ok", "\(check): \(visit.checks)")
            }
            for check in ["memory", "descriptors", "clock", "sandbox", "disk"] { #expect(visit.checks[check] != nil, "\(check)") }
            #expect(visit.checks.keys.contains { $0.hasPrefix("opencl") })
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["config.toml", "node.key"])
        }
    }

    @Test func peopleReadALinePerCheck() throws {
        try withNode { directory in
            let result = try NodeBinary().run(["doctor", "--quick", "--data", directory])
            #expect(result.output.contains("ok    key"), "\(result.output)")
            #expect(result.output.contains(" checks, ") && result.output.contains(", 0 failures"))
        }
    }

    @Test func anUnknownKeyOfTheConfigurationFails() throws {
        try withNode { directory in
            try Data("rolez = [\"worker\"]\n".utf8).write(to: URL(filePath: directory + "/config.toml"))
            let visit = try visit(directory)
            #expect(visit.status == 1)
            #expect(visit.checks["configuration"]?.verdict == "fail")
        }
    }

    @Test func aPortInUseFails() throws {
        try withNode { directory in
            let (descriptor, port) = try listener()
            defer { close(descriptor) }
            try Data("listen = [\"/ip4/127.0.0.1/tcp/\(port)\"]\n".utf8).write(to: URL(filePath: directory + "/config.toml"))
            let check = try #require(try visit(directory).checks["listen /ip4/127.0.0.1/tcp/\(port)"])
            #expect(check.verdict == "fail" && check.found.contains("in use") && check.advice?.contains("another port") == true)
        }
    }

    @Test func aDamagedKeyAndDatabaseFail() throws {
        try withNode { directory in
            try Data("node.key".utf8).write(to: URL(filePath: directory + "/node.key"))
            chmod(directory + "/node.key", 0o600)
            try Data(repeating: 0x5a, count: 8192).write(to: URL(filePath: directory + "/node.db"))
            let checks = try visit(directory).checks
            #expect(checks["key"]?.verdict == "fail" && checks["database"]?.verdict == "fail", "\(checks)")
        }
    }

    @Test func aDirectoryThatIsNoneFails() throws {
        try withDirectory { directory in
            try Data().write(to: URL(filePath: directory + "/file"))
            #expect(try visit(directory + "/file").checks["directory"]?.verdict == "fail")
            #expect(try visit(directory + "/file/below").checks["directory"]?.verdict == "fail")
            let later = try visit(directory + "/later")
            #expect(later.checks["directory"]?.verdict == "warn" && later.status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["file"])
        }
    }

    @Test func aRunningNodeIsNamed() throws {
        try withNode { directory in
            // What a node does first: it locks its directory.
            let lock = open(directory + "/lock", O_RDWR | O_CREAT, 0o600)
            defer { close(lock) }
            #expect(flock(lock, LOCK_EX) == 0 && pwrite(lock, "4242\n", 5, 0) == 5)
            let checks = try visit(directory).checks
            #expect(checks["node"]?.found.contains("4242") == true && checks["ports"]?.verdict == "ok", "\(checks)")
        }
    }

    /// A socket that holds a free port of loopback.
    private func listener() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        (address.sin_family, address.sin_addr.s_addr) = (sa_family_t(AF_INET), UInt32(0x7f00_0001).bigEndian)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) | listen(descriptor, 1) | getsockname(descriptor, pointer, &size)
            }
        }
        #expect(status == 0)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
