internal import EventLoop
internal import Glibc
internal import LibP2P
internal import Node
internal import Roles
internal import Store
internal import Wire

/// What `/metrics` shows: names begin with `inferix_` and end with their unit. The list is in `docs/operating.md`.
enum MetricsReport {
    static func text(_ daemon: NodeDaemon, roles: [RoleStatus]) -> [UInt8] {
        var text = PrometheusText()
        node(daemon, &text)
        network(daemon, &text)
        store(daemon, &text)
        roleLines(roles, &text)
        process(&text)
        return text.bytes
    }

    private static func node(_ daemon: NodeDaemon, _ text: inout PrometheusText) {
        text.add(
            "inferix_build_info", .gauge, "Release and network of this node.",
            [([("version", Release.version), ("network", daemon.settings.definition.name)], 1)])
        text.add("inferix_ready", .gauge, "1 while the node is in its network and takes work.", daemon.isReady ? 1 : 0)
        text.add(
            "inferix_uptime_seconds", .gauge, "Since the start of the process.", (daemon.loop.now - daemon.startedAt) / 1_000_000_000)
    }

    private static func network(_ daemon: NodeDaemon, _ text: inout PrometheusText) {
        let entries = daemon.node.peers.entries
        text.add(
            "inferix_connections", .gauge, "Connections to peers, by who opened them.",
            [ConnectionDirection.inbound, .outbound].map { direction in
                ([("direction", "\(direction)")], Double(entries.count { $0.direction == direction }))
            })
        text.add("inferix_managers_connected", .gauge, "Managers that the node keeps connections to.", daemon.managers.count)
        if let known = daemon.node.managersKnown {
            text.add("inferix_registry_managers", .gauge, "Managers of the network that the registry knows.", known)
        }
        text.add("inferix_dht_peers", .gauge, "Peers in the routing table.", daemon.node.routingTableCount)
        text.add("inferix_gossip_messages_total", .counter, "Gossip messages that came for the first time.", daemon.node.gossipMessages)
        text.add("inferix_gossip_duplicates_total", .counter, "Gossip messages that came again.", daemon.node.gossipDuplicates)
        let traffic = daemon.network.traffic
        let directions = [("sent", traffic.sent), ("received", traffic.received)]
        func samples(_ value: (Traffic.Count) -> UInt64) -> [(labels: [(String, String)], value: Double)] {
            directions.flatMap { direction, counts in
                ProtocolName.allCases.compactMap { name in
                    counts[name].map { ([("direction", direction), ("protocol", "\(name)")], Double(value($0))) }
                }
            }
        }
        text.add("inferix_traffic_bytes_total", .counter, "Bytes of messages, without what encryption adds.", samples(\.bytes))
        text.add("inferix_traffic_messages_total", .counter, "Messages, requests and answers.", samples(\.messages))
        text.add(
            "inferix_traffic_part_bytes_total", .counter, "Bytes of messages by the part that the peer has in the network.",
            Traffic.Part.allCases.flatMap { part in
                traffic.parts[part].map { flow in
                    [("sent", flow.sent), ("received", flow.received)].map { direction, count in
                        ([("direction", direction), ("part", part.rawValue)], Double(count.bytes))
                    }
                } ?? []
            })
        bandwidth(daemon.network.bandwidth, &text)
    }

    private static func bandwidth(_ report: BandwidthReport, _ text: inout PrometheusText) {
        text.add(
            "inferix_wire_bytes_total", .counter, "Bytes of all connections, with what encryption and multiplexing add.",
            [([("direction", "sent")], Double(report.sent)), ([("direction", "received")], Double(report.received))])
        let caps = [("sent", report.caps.up), ("received", report.caps.down)]
        text.add(
            "inferix_wire_bytes_per_second_max", .gauge, "What the configuration allows; absent without a limit.",
            caps.compactMap { direction, cap in cap.map { ([("direction", direction)], Double($0)) } })
        text.add(
            "inferix_wire_held_total", .counter, "Writes and reads that waited for the limit.",
            [([("direction", "sent")], Double(report.sendsHeld)), ([("direction", "received")], Double(report.readsHeld))])
        text.add("inferix_wire_waiting_bytes", .gauge, "Bytes that wait for the limit now.", report.waiting)
    }

    private static func store(_ daemon: NodeDaemon, _ text: inout PrometheusText) {
        let totals = daemon.storage.blocks.totals
        text.add("inferix_blocks", .gauge, "Blocks kept on disk.", totals.blockCount)
        text.add("inferix_blocks_bytes", .gauge, "Size of the blocks kept on disk.", totals.size)
        text.add("inferix_blocks_bytes_max", .gauge, "What the configuration allows for blocks.", daemon.storage.blocks.parameters.quota)
    }

    private static func roleLines(_ roles: [RoleStatus], _ text: inout PrometheusText) {
        func samples(_ value: (RoleStatus) -> Double) -> [(labels: [(String, String)], value: Double)] {
            roles.map { ([("role", "\($0.role)")], value($0)) }
        }
        text.add("inferix_role_active", .gauge, "Live tasks, leases, duties or submissions of a role.", samples { Double($0.active) })
        text.add("inferix_role_paused", .gauge, "1 while the role takes nothing new.", samples { $0.takesWork ? 0 : 1 })
        text.add("inferix_role_round", .gauge, "Round that the role is in.", samples { Double($0.round) })
        text.add("inferix_role_jobs", .gauge, "Jobs that have not ended.", samples { Double($0.jobs) })
        text.add("inferix_role_jobs_ended_total", .counter, "Jobs that have ended.", samples { Double($0.jobsEnded) })
        text.add("inferix_role_tasks_accepted_total", .counter, "Tasks whose proof was accepted.", samples { Double($0.tasksAccepted) })
        text.add("inferix_role_tasks_rejected_total", .counter, "Tasks whose proof was rejected.", samples { Double($0.tasksRejected) })
        text.add("inferix_role_rays_total", .counter, "Rays of accepted work.", samples { Double($0.rays) })
        let managers = roles.filter { $0.role == .manager }
        text.add(
            "inferix_manager_members", .gauge, "Workers and Verifiers registered with this Manager.",
            managers.flatMap {
                [([("role", "worker")], Double($0.workers)), ([("role", "verifier")], Double($0.verifiers))]
            })
    }

    private static func process(_ text: inout PrometheusText) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6
        text.add("process_cpu_seconds_total", .counter, "Time of the processor, without child processes.", [([], seconds)])
        if let resident = ProcessMemory.resident { text.add("process_resident_memory_bytes", .gauge, "Resident memory.", resident) }
        text.add("inferix_heap_bytes", .gauge, "Memory in use of what was allocated.", ProcessMemory.live)
    }
}
