import Identity
import Node

extension Simulation {
    /// Bytes sent and received by a node, headers included.
    public func traffic(of node: UInt32) -> UInt64 {
        member(node).host.bytesUp + member(node).host.bytesDown
    }

    func region(of node: UInt32) -> UInt8 { world.places[Int(node)].region }

    public func connectionCount(of node: UInt32) -> Int { member(node).host.links.count }

    /// Gossip that came to a node since it was started: messages, and copies of them beyond the first.
    public func gossip(of node: UInt32) -> (messages: UInt64, duplicates: UInt64) {
        (member(node).node.gossipMessages, member(node).node.gossipDuplicates)
    }

    /// Members of the mesh of a topic that a node has.
    public func gossipMesh(of node: UInt32, topic: String) -> [UInt32] { member(node).node.gossipMesh(of: topic).map(\.index) }

    /// Natural logarithm of a number in (0, 1], by the series of artanh: only additions, multiplications and divisions, so that
    /// every machine gets the same bits.
    static func logarithm(_ x: Double) -> Double {
        var mantissa = max(x, 0x1p-60)
        var exponent = 0.0
        while mantissa < 0.75 {
            mantissa *= 2
            exponent -= 1
        }
        let t = (mantissa - 1) / (mantissa + 1)
        let t2 = t * t
        var term = t
        var sum = 0.0
        var n = 1.0
        while n < 40 {
            sum += term / n
            term *= t2
            n += 2
        }
        return 2 * sum + exponent * 0.693147180559945309417232
    }
}
