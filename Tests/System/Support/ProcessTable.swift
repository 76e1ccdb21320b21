import Foundation
import Glibc

/// Processes of this machine, as `/proc` tells.
enum ProcessTable {
    struct Entry: Equatable {
        let id: Int32
        let parent: Int32
        let session: Int32
        /// Program and arguments.
        let command: [String]
    }

    /// Those that run, without zombies.
    static var entries: [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { name in
            guard let id = Int32(name), let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return nil }
            // The name of the program, in brackets, may hold anything.
            guard let end = status.lastIndex(of: ")") else { return nil }
            let fields = status[status.index(after: end)...].split(separator: " ")
            guard fields.count > 3, fields[0] != "Z", let parent = Int32(fields[1]), let session = Int32(fields[3]) else { return nil }
            let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            return Entry(
                id: id, parent: parent, session: session, command: line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// These processes, and all that they have started.
    static func families(of roots: [Int32]) -> [Entry] {
        let all = entries
        var found = all.filter { roots.contains($0.id) }
        var next = 0
        while next < found.count {
            found += all.filter { $0.parent == found[next].id }
            next += 1
        }
        return found
    }

    /// The render engine of a node; nil while it has none.
    static func engine(of node: Int32) -> Int32? {
        entries.first { $0.parent == node && $0.command.dropFirst().first == "engine" }?.id
    }
}
