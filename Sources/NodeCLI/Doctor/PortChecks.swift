internal import EventLoop
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// Whether the addresses that the configuration names can be listened on.
struct PortChecks {
    let configuration: Configuration
    /// A node of this directory holds them already.
    let isRunning: Bool

    var findings: [Finding] {
        if isRunning { return [Finding(check: "ports", verdict: .ok, found: "held by the running node")] }
        return configuration.listen.map { address in
            let check = "listen \(address)"
            guard let target = address.tcpTarget, let socket = PortChecks.socket(target) else {
                return Finding(
                    check: check, verdict: .fail, found: "no address to listen on", advice: "write it /ip4/0.0.0.0/tcp/4001, in listen")
            }
            guard let problem = PortChecks.problem(of: socket) else { return Finding(check: check, verdict: .ok, found: "free") }
            return Finding(check: check, failure: problem, advice: "choose another address in listen")
        }
    }

    /// Why nobody can listen there; nil where it works.
    private static func problem(of address: SocketAddress) -> String? {
        do throws(UVError) {
            let loop = try EventLoop()
            defer { try? loop.shutdown() }
            do throws(SocketError) {
                _ = try TCPListener(loop: loop, address: address) { $0.close() }
                return nil
            } catch {
                return error.description
            }
        } catch {
            return "\(error)"
        }
    }

    private static func socket(_ target: (host: Multiaddr.Component, port: UInt16)) -> SocketAddress? {
        switch target.host {
        case .ip4(let number): SocketAddress(.v4(number), port: target.port)
        case .ip6(let high, let low): SocketAddress(.v6(high, low), port: target.port)
        default: nil
        }
    }
}
