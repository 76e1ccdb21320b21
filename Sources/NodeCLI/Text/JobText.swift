internal import Console
internal import NodeRuntime

/// Jobs for people, from the JSON that `--json` prints.
enum JobText {
    /// One line for the live display: what is going on, and figures.
    static func progress(_ status: JSON) -> (stage: String, detail: String) {
        func number(_ key: String) -> Int { status[key]?.int ?? 0 }
        let phase = status["phase"]?.string ?? ""
        guard number("tasks_total") > 0 else { return (phase, status["reasons"]?.elements.first?.string ?? "") }
        var detail = "\(number("tasks_verified"))/\(number("tasks_total")) tasks verified"
        let tasks = status["tasks"]?.elements ?? []
        for phase in ["rendering", "committed", "verifying"] {
            let count = tasks.count { $0["phase"]?.string == phase }
            if count > 0 { detail += ", \(count) \(phase)" }
        }
        detail += ", \(Figures.short(number("rays"))) rays, \(Figures.decimal(status["seconds"]?.double ?? 0, places: 0)) s"
        return (phase, detail)
    }

    static func list(_ jobs: [JSON]) -> String {
        let rows = jobs.map { job in
            [
                job["job"]?.string ?? "", job["phase"]?.string ?? "", "\(job["tasks_verified"]?.int ?? 0)/\(job["tasks_total"]?.int ?? 0)",
                Figures.decimal(job["seconds"]?.double ?? 0, places: 0), job["scene"]?.string ?? "",
            ]
        }
        return TextTable(header: ["JOB", "PHASE", "TASKS", "SECONDS", "SCENE"], rows: rows, rightAligned: [2, 3]).text
    }

    static func show(_ status: JSON) -> String {
        let head = [
            "job\t\(status["job"]?.string ?? "")", "phase\t\(status["phase"]?.string ?? "")",
            "tasks\t\(status["tasks_verified"]?.int ?? 0) of \(status["tasks_total"]?.int ?? 0) verified",
            "attempts lost\t\(status["attempts_lost"]?.int ?? 0)", "rays\t\(Figures.short(status["rays"]?.int ?? 0))",
            "verdicts\t\(status["accepts"]?.int ?? 0) accept, \(status["rejects"]?.int ?? 0) reject",
            "seconds\t\(Figures.decimal(status["seconds"]?.double ?? 0, places: 1))",
        ]
        let rows = (status["tasks"]?.elements ?? []).map { task in
            [
                "\(task["task"]?.int ?? 0)", "\(task["frame"]?.int ?? 0)", place(task["tile"]), task["phase"]?.string ?? "",
                "\((task["permille"]?.int ?? 0) / 10) %", "\(task["attempts"]?.int ?? 0)",
                "\(task["accepts"]?.int ?? 0)/\(task["rejects"]?.int ?? 0)",
                task["worker"]?.string.map(short) ?? "-",
            ]
        }
        guard !rows.isEmpty else { return head.joined(separator: "\n") }
        let table = TextTable(
            header: ["TASK", "FRAME", "TILE", "PHASE", "DONE", "ATTEMPTS", "VERDICTS", "WORKER"], rows: rows, rightAligned: [0, 1, 4, 5, 6])
        return head.joined(separator: "\n") + "\n" + table.text
    }

    static func why(_ status: JSON) -> String {
        let reasons = (status["reasons"]?.elements ?? []).compactMap(\.string)
        return reasons.isEmpty ? "\(status["phase"]?.string ?? "unknown"): the Manager gives no reason" : reasons.joined(separator: "\n")
    }

    /// Tiles, rays, proofs, verdicts and seconds per Worker, and of the whole job.
    static func summary(_ status: JSON) -> String {
        struct Line {
            var (tiles, rays, accepts, rejects, seconds) = (0, 0, 0, 0, 0.0)

            mutating func add(_ task: JSON) {
                tiles += 1
                rays += task["rays"]?.int ?? 0
                accepts += task["accepts"]?.int ?? 0
                rejects += task["rejects"]?.int ?? 0
                seconds += task["render_seconds"]?.double ?? 0
            }

            var cells: [String] {
                ["\(tiles)", Figures.short(rays), "\(tiles)", "\(accepts) accept, \(rejects) reject", Figures.decimal(seconds, places: 1)]
            }
        }
        var lines: [(worker: String, line: Line)] = []
        var total = Line()
        for task in status["tasks"]?.elements ?? [] where task["phase"]?.string == "verified" {
            let worker = task["worker"]?.string ?? "unknown"
            if !lines.contains(where: { $0.worker == worker }) { lines.append((worker, Line())) }
            for index in lines.indices where lines[index].worker == worker { lines[index].line.add(task) }
            total.add(task)
        }
        lines.sort { $0.worker < $1.worker }
        var rows = lines.map { [$0.worker] + $0.line.cells }
        var last = ["all, in \(Figures.decimal(status["seconds"]?.double ?? 0, places: 1)) s"] + total.cells
        last[3] = "\(total.tiles)"
        rows.append(last)
        return TextTable(header: ["WORKER", "TILES", "RAYS", "PROOFS", "VERDICTS", "RENDER S"], rows: rows, rightAligned: [1, 2, 3, 5]).text
    }

    static func short(_ peer: String) -> String { peer.count > 16 ? "…" + peer.suffix(12) : peer }

    private static func place(_ tile: JSON?) -> String {
        let numbers = (tile?.elements ?? []).compactMap(\.int)
        return numbers.count == 4 ? "\(numbers[2])x\(numbers[3])+\(numbers[0])+\(numbers[1])" : "-"
    }
}
