import EventLoop
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: ["0.0.0.0", "127.0.0.1", "255.255.255.255", "192.0.2.7", "::", "::1", "2001:db8::ff00:42:8329", "fe80::1"])
    func textRoundTrips(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: ["", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "127.0.0.1 ", "1:2", "fe80::1%lo", ":::", "[::1]"])
    func otherTextIsRefused(text: String) { #expect(IPAddress(text) == nil) }

    @Test func bytesAreInNetworkOrder() {
        #expect(IPAddress.loopback4.bytes == [127, 0, 0, 1])
        #expect(IPAddress.v6(0x2001_0DB8_0000_0000, 2).bytes == [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
        for count in 0...20 where count != 4 && count != 16 { #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test func portsFollowTheAddress() {
        #expect(SocketAddress(.loopback4, port: 4001).description == "127.0.0.1:4001")
        #expect(SocketAddress(.loopback6, port: 4001).description == "[::1]:4001")
    }
}
