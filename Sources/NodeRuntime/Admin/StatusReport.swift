internal import EventLoop
internal import Identity
internal import LibP2P
internal import Node
internal import Roles
internal import Store
internal import Wire

/// What `node status` and `node peers` show.
enum StatusReport {
    static func gather(_ daemon: NodeDaemon, done: @escaping (JSON) -> Void) {
        RoleSurvey.gather(daemon) { done(report(daemon, roles: $0.map { JSON($0) })) }
    }

    private static func report(_ daemon: NodeDaemon, roles: [JSON]) -> JSON {
        let definition = daemon.settings.definition
        let totals = daemon.storage.blocks.totals
        let phase = daemon.phase == .running && daemon.node.isParked ? "parked" : "\(daemon.phase)"
        return .object([
            "peer": .text(daemon.node.identity.description), "version": .text(Release.version), "phase": .text(phase),
            "uptime_seconds": .whole((daemon.loop.now - daemon.startedAt) / 1_000_000_000),
            "network": .text(definition.name), "network_id": .text(definition.identifier.description),
            "listening": .array(daemon.network.addresses.map { .text($0.description) }),
            "api": .text(daemon.network.adminAddress.description),
            "http": daemon.http.map { .text($0.address.description) } ?? .null,
            "connections": .whole(daemon.node.peers.count),
            "bandwidth": bandwidth(daemon.network.bandwidth),
            "process": process(daemon),
            "managers_known": daemon.node.managersKnown.map { .whole($0) } ?? .null,
            "managers": .array(daemon.managers.map { .text($0.description) }),
            // Fewer than four Managers tolerate no faulty one: the one there is makes the randomness, and is believed.
            "trusted_managers": .boolean(true),
            "blocks": .object([
                "count": .whole(totals.blockCount), "bytes": .whole(totals.size),
                "bytes_max": .whole(daemon.storage.blocks.parameters.quota),
            ]),
            "engine": .text(daemon.work.description),
            "roles": .array(roles),
            "events": .array(daemon.events.list.map { .object(["time": .text($0.time.text), "text": .text($0.text)]) }),
        ])
    }

    /// Bytes, on the wire; caps in bytes per second, null where there is none.
    private static func bandwidth(_ report: BandwidthReport) -> JSON {
        .object([
            "sent_bytes": .whole(report.sent), "received_bytes": .whole(report.received),
            "sent_bytes_per_second_max": report.caps.up.map { .whole($0) } ?? .null,
            "received_bytes_per_second_max": report.caps.down.map { .whole($0) } ?? .null,
            "waiting_bytes": .whole(report.waiting),
        ])
    }

    /// What must come back to where it was when peers have come and gone.
    private static func process(_ daemon: NodeDaemon) -> JSON {
        .object([
            "heap_bytes": .whole(ProcessMemory.live), "resident_bytes": .whole(ProcessMemory.resident ?? 0),
            "handles": .whole(daemon.loop.handleCount), "descriptors": .whole(ProcessMemory.descriptorCount),
            "connections": .whole(daemon.network.peerStates.connections), "peer_states": .whole(daemon.network.peerStates.peers),
        ])
    }

    static func peers(_ daemon: NodeDaemon) -> JSON {
        let peers = daemon.node.peers.entries.sorted { $0.handle < $1.handle }.map { entry in
            JSON.object([
                "peer": .text(entry.id.description), "direction": .text("\(entry.direction)"),
                "address": entry.address.map { .text($0.description) } ?? .null,
                "agent": entry.agent.map { .text($0) } ?? .null,
                "protocols": .array(entry.protocols.map { "\($0)" }.sorted().map { .text($0) }),
                "sent_bytes": .whole(daemon.network.traffic.flow(of: entry.handle).sent.bytes),
                "received_bytes": .whole(daemon.network.traffic.flow(of: entry.handle).received.bytes),
                "round_trip_ms": daemon.network.roundTrip(of: entry.handle).map { .number($0 * 1000) } ?? .null,
            ])
        }
        return .object(["peers": .array(peers)])
    }
}
