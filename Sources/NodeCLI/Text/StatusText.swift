internal import Console
internal import NodeRuntime

/// `node status` for people.
enum StatusText {
    static func make(_ status: JSON) -> String {
        var lines: [String] = []
        func line(_ name: String, _ value: String) { lines.append("\(name)\t\(value)") }
        line("peer", status["peer"]?.string ?? "")
        line("network", status["network"]?.string ?? "")
        line("state", "\(status["phase"]?.string ?? "") for \(status["uptime_seconds"]?.int ?? 0) s")
        for address in status["listening"]?.elements ?? [] { line("listening", address.string ?? "") }
        line("connections", "\(status["connections"]?.int ?? 0)")
        let managers = status["managers"]?.elements ?? []
        for manager in managers { line("manager", manager.string ?? "") }
        let isParked = status["phase"]?.string == "parked"
        if managers.isEmpty { line("manager", isParked ? "none, until: node resume" : "none is connected") }
        if let known = status["managers_known"]?.int { line("registry", known == 1 ? "1 Manager" : "\(known) Managers") }
        if status["trusted_managers"]?.bool == true {
            line("trust", "the Managers of this network are too few to check each other: they are trusted with the draws")
        }
        if let blocks = status["blocks"] {
            line(
                "blocks",
                "\(blocks["count"]?.int ?? 0), \(Figures.bytes(blocks["bytes"]?.int ?? 0)) of \(Figures.bytes(blocks["bytes_max"]?.int ?? 0))"
            )
        }
        line("engine", status["engine"]?.string ?? "")
        for role in status["roles"]?.elements ?? [] { lines.append(contentsOf: text(of: role)) }
        return lines.joined(separator: "\n")
    }

    private static func text(of role: JSON) -> [String] {
        func number(_ key: String) -> Int { role[key]?.int ?? 0 }
        let name = role["role"]?.string ?? ""
        var state = "round \(number("round"))"
        if name == "manager" { state += ", \(number("workers")) Workers, \(number("verifiers")) Verifiers, \(number("jobs")) jobs" }
        state += ", \(number("active")) active, \(number("tasks_accepted")) accepted, \(number("tasks_rejected")) rejected"
        state += ", \(Figures.short(number("rays"))) rays"
        if role["parked"]?.bool == true { state += ", parked" }
        if role["paused"]?.bool == true { state += ", paused" }
        if role["draining"]?.bool == true { state += ", draining" }
        return ["\(name)\t\(state)"] + (role["reasons"]?.elements ?? []).map { "\(name)\t\($0.string ?? "")" }
    }
}
