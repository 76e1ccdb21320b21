import Testing
import Wire

@testable import NodeRuntime

@Suite("Interface addresses")
struct InterfaceAddressesTests {
    private let interfaces: [Multiaddr.Component] = [.ip4(0x7f00_0001), .ip4(0x0a00_0005), .ip6(0, 1)]

    @Test(arguments: [
        ("/ip4/0.0.0.0/tcp/4001", ["/ip4/127.0.0.1/tcp/4001", "/ip4/10.0.0.5/tcp/4001"]), ("/ip6/::/tcp/7", ["/ip6/::1/tcp/7"]),
        ("/ip4/10.0.0.9/tcp/1", ["/ip4/10.0.0.9/tcp/1"]),
    ])
    func aListenerOnAllAddressesIsReachableAtEach(address: String, expected: [String]) throws {
        let bound = try #require(Multiaddr(address))
        #expect(InterfaceAddresses.expand(bound, interfaces: interfaces).map(\.description) == expected)
    }

    @Test func thisMachineHasLoopback() { #expect(InterfaceAddresses.all.contains(.ip4(0x7f00_0001))) }
}
