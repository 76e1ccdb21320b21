import Glibc
import NodeRuntime
import Testing

extension SystemTests {
    /// A network outlives its bootstrap peers: whoever was in it finds it again.
    @Suite struct Rejoining {
        @Test func nodesComeBackWithoutTheBootstrapPeer() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 1, verifiers: 1)
                // One ends as it should and one does not: what it knew it wrote down five seconds after its start.
                #expect(try network.stop("worker-1") == 0)
                let verifier = try network.member("verifier-1")
                try site.poll("the Verifier has run for a while") {
                    (try site.ask(.status, of: verifier.places)?["uptime_seconds"]?.int ?? 0) >= 8
                }
                try network.kill("verifier-1")
                network.bootstrap.signal(SIGKILL)
                try site.wait("the bootstrap peer ends") { !network.bootstrap.isRunning }
                try network.restart("worker-1")
                try network.restart("verifier-1")
                try network.waitUntilReady()
            }
        }
    }
}
