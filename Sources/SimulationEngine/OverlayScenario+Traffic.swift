import Crypto
import Determinism
import Identity
import Kademlia
import Node
import Wire

extension OverlayScenario {
    /// Numbers of announcements, so that they are not those of lookups.
    private static let announcements: UInt32 = 0x4000_0000

    /// A message of an honest node of the core.
    mutating func publish(isRehearsal: Bool) {
        let now = simulation.now
        let author = UInt32(random.next() % UInt64(core))
        guard simulation.isUp(author), !isHostile[Int(author)] else { return }
        // One that has just come back has nobody yet who would hear it.
        if parameters.churnPerHour > 0, !ledger.isSteady(Int(author), at: now) { return }
        var writer = ByteWriter(reserving: parameters.messageBytes)
        writer.writeBigEndian(isRehearsal ? UInt32.max : UInt32(ledger.count))
        while writer.bytes.count < max(4, parameters.messageBytes) { writer.write(UInt8(truncatingIfNeeded: writer.bytes.count)) }
        if !isRehearsal { ledger.published(by: Int(author), at: now) { [isHostile] in !isHostile[$0] } }
        simulation.give(.publish(topic, writer.bytes), to: author)
    }

    /// An honest node looks for an honest node's address, or for who provides a content.
    mutating func lookUp() {
        let node = UInt32(random.next() % UInt64(parameters.nodes))
        let target = UInt32(random.next() % UInt64(core))
        guard simulation.isUp(node), simulation.isUp(target), node != target, !isHostile[Int(node)], !isHostile[Int(target)] else { return }
        let number = UInt32(lookups.count)
        if parameters.contents > 0, random.chance(0.5) {
            let content = UInt32(random.next() % UInt64(parameters.contents))
            let provider = self.provider(of: content)
            guard node != provider, simulation.isUp(provider) else { return }
            lookups.append(Lookup(began: simulation.now, node: node, target: provider, isContent: true))
            report.contentLookups += 1
            simulation.give(.lookUp(number, .findProviders(OverlayScenario.key(of: content), countMax: 8)), to: node)
        } else {
            lookups.append(Lookup(began: simulation.now, node: node, target: target, isContent: false))
            report.lookups += 1
            simulation.give(.lookUp(number, .findPeer(simulation.peer(of: target))), to: node)
        }
    }

    /// A lookup is over: it succeeded where it tells the truth.
    mutating func judge(_ lookup: Lookup, _ result: QueryResult, at time: Instant) {
        let duration = (time - lookup.began).nanosecondsClamped
        let wanted = Contact(id: simulation.peer(of: lookup.target), addresses: AddressList([Simulation.address(of: lookup.target)]))
        switch result {
        case .peer(wanted):
            report.lookupsSucceeded += 1
            report.lookup.record(nanoseconds: duration)
        case .providers(let contacts) where contacts.contains(wanted):
            report.contentLookupsSucceeded += 1
            report.contentLookup.record(nanoseconds: duration)
        case .peer, .providers, .closest, .bootstrapped, .provided, .stored, .value, .failed: break
        }
    }

    mutating func provide(_ content: UInt32) {
        let number = OverlayScenario.announcements | content
        simulation.give(.lookUp(number, .provide(OverlayScenario.key(of: content))), to: provider(of: content))
    }

    /// The honest core node that has a content.
    private func provider(of content: UInt32) -> UInt32 {
        var node = Int(content &* 2_654_435_761 % UInt32(core))
        while isHostile[node] { node = (node + 1) % core }
        return UInt32(node)
    }

    private static func key(of content: UInt32) -> [UInt8] { [0x12, 0x20] + Hash.sha256(content.littleEndianBytes).array }
}

extension UInt32 {
    fileprivate var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> UInt32(8 * $0)) } }
}
