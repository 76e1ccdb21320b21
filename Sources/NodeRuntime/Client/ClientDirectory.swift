internal import Store
public import Wire

/// The directory of one client process. A data directory has a few, since each process needs a key of its own: two
/// connections of one peer id would hide each other.
public struct ClientDirectory {
    /// Client processes of one data directory at a time.
    public static let countMax = 32

    public let places: Places
    /// Held as long as this value lives.
    let lock: DirectoryLock

    /// The free directory of the lowest number.
    public static func open(below places: Places) throws(DaemonError) -> ClientDirectory {
        for number in 1...countMax {
            if let free = try open(number, below: places) { return free }
        }
        throw DaemonError(
            .failed, "\(countMax) clients run on \(places.data) already", advice: "Wait for one to end, or give another --data directory.")
    }

    public static func places(_ number: Int, below places: Places) -> Places { Places(directory: "\(places.clients)/\(number)") }

    /// Nil where another process has it.
    public static func open(_ number: Int, below places: Places) throws(DaemonError) -> ClientDirectory? {
        let own = ClientDirectory.places(number, below: places)
        do throws(StoreError) {
            try Directory.create(own.data + "/jobs")
            return ClientDirectory(places: own, lock: try DirectoryLock(own.data))
        } catch .locked {
            return nil
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    /// Where a job was submitted from.
    public enum Owner {
        case free(ClientDirectory)
        /// The process that submitted it still runs: ask it.
        case running(Places)
        /// Not from this data directory.
        case unknown
    }

    public static func owner(of job: Bytes32, below places: Places) throws(DaemonError) -> Owner {
        for number in 1...countMax {
            let own = ClientDirectory.places(number, below: places)
            guard TextFile.exists("\(own.data)/jobs/\(job)") else { continue }
            return try open(number, below: places).map(Owner.free) ?? .running(own)
        }
        return .unknown
    }

    /// Remembers that a job is ours.
    func remember(_ job: Bytes32, _ description: JSON) throws(DaemonError) {
        do throws(FileError) {
            try TextFile.write(Array((description.text + "\n").utf8), to: "\(places.data)/jobs/\(job)")
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    /// What was remembered about a job of ours; nil where it is none.
    public func description(of job: Bytes32) -> JSON? {
        guard let bytes = try? TextFile.read("\(places.data)/jobs/\(job)", sizeMax: 1 << 16) else { return nil }
        return try? JSON(parsing: bytes, sizeMax: 1 << 16)
    }

    /// A job and what was remembered about it.
    public struct Entry: Sendable {
        public let job: Bytes32
        public let description: JSON
    }

    /// The clients of a data directory that submitted jobs, with these.
    public static func clients(below places: Places) -> [(client: Int, jobs: [Entry])] {
        (1...countMax).compactMap { number in
            let folder = ClientDirectory.places(number, below: places).data + "/jobs"
            let entries = ((try? Directory.names(folder)) ?? []).compactMap { name -> Entry? in
                guard let job = Bytes32(hex: name) else { return nil }
                let bytes = (try? TextFile.read("\(folder)/\(name)", sizeMax: 1 << 16)) ?? []
                return Entry(job: job, description: (try? JSON(parsing: bytes, sizeMax: 1 << 16)) ?? .object([:]))
            }
            return entries.isEmpty ? nil : (number, entries)
        }
    }

    /// Jobs that were submitted from a data directory.
    public static func jobs(below places: Places) -> [Entry] { clients(below: places).flatMap(\.jobs) }
}
