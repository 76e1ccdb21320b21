internal import Identity
internal import Wire

/// The jobs that ended last, as far as memory goes; all of them are in the archive.
struct EndedJobs: Sendable {
    struct Entry: Sendable {
        var client: Bytes32
        /// With all tasks.
        var status: JobStatus
        /// `JobAccepted` where there was a plan, and `JobEnd`.
        var records: [Record]

        var encoded: [UInt8] {
            var writer = ProtobufWriter()
            writer.bytes32(1, client)
            writer.alwaysBytes(2, status.encoded)
            for record in records { writer.alwaysBytes(3, record.encoded) }
            return writer.bytes
        }

        init(client: Bytes32, status: JobStatus, records: [Record]) {
            self.client = client
            self.status = status
            self.records = records
        }

        init(encoded: [UInt8]) throws(WireError) {
            var client: Bytes32?
            var status: JobStatus?
            var records: [Record] = []
            var reader = ProtobufReader(encoded)
            while let field = try reader.next() {
                switch field.number {
                case 1: client = try field.bytes32()
                case 2: status = try JobStatus(encoded: Array(try field.bytes()), tasksMax: .max)
                case 3: records.append(try Record(encoded: try field.bytes()))
                default: break
                }
            }
            guard let client, let status else { throw .missingField }
            self.init(client: client, status: status, records: records)
        }

        func page(_ query: JobStatusQuery) -> JobStatus {
            var page = status
            page.tasks = Array(status.tasks.dropFirst(Int(query.firstTask)).prefix(Int(query.taskCount)))
            return page
        }
    }

    let countMax: Int
    private var entries: [RecordID: Entry] = [:]
    private(set) var order: [RecordID] = []

    init(countMax: Int) { self.countMax = max(1, countMax) }

    subscript(job: RecordID) -> Entry? { entries[job] }
    var count: Int { entries.count }

    mutating func insert(_ entry: Entry) {
        guard entries.updateValue(entry, forKey: entry.status.job) == nil else { return }
        order.append(entry.status.job)
        if order.count > countMax { entries[order.removeFirst()] = nil }
    }
}
