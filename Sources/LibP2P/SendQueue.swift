internal import Determinism

/// Messages of a one-way protocol that wait for a slow reader: bounded in number, bytes and age, dropped by priority.
///
/// A message that does not fit pushes out older ones of lower priority, lowest first. It is dropped itself where that is not
/// enough, unless it is of `.control`: a peer whose queue is full of those must be closed.
struct SendQueue {
    struct Parameters: Sendable {
        /// Bytes in one queue; at least the largest message.
        var bytesMax = 8 * 1024 * 1024
        /// Messages in one queue and priority.
        var countMax = 4096
        /// Messages wait no longer than this, control excepted: old news is worth less than its bandwidth.
        var ageMax: Duration = .seconds(10)

        init() {}
    }

    enum Outcome: Equatable {
        case accepted
        /// Something of that priority or below was dropped, perhaps the message itself.
        case dropped
        /// Only control messages are left and there is no room.
        case overflow
    }

    private struct Entry {
        var message: [UInt8]
        var since: Instant
    }

    private let parameters: Parameters
    private var lanes: [BoundedQueue<Entry>]
    private(set) var bytes = 0

    init(parameters: Parameters) {
        self.parameters = parameters
        lanes = (0...Int(SendPriority.control.rawValue)).map { _ in BoundedQueue(countMax: parameters.countMax) }
    }

    var isEmpty: Bool { lanes.allSatisfy(\.isEmpty) }

    mutating func push(_ message: [UInt8], _ priority: SendPriority, now: Instant) -> Outcome {
        let lane = Int(priority.rawValue)
        var outcome = Outcome.accepted
        while bytes + message.count > parameters.bytesMax {
            guard let victim = (0..<lane).first(where: { !lanes[$0].isEmpty }), let entry = lanes[victim].popFirst() else {
                return priority == .control ? .overflow : .dropped
            }
            bytes -= entry.message.count
            outcome = .dropped
        }
        guard lanes[lane].append(Entry(message: message, since: now)) else { return priority == .control ? .overflow : .dropped }
        bytes += message.count
        return outcome
    }

    /// The oldest message of the highest priority; expired ones are dropped on the way.
    mutating func pop(now: Instant) -> (message: [UInt8], priority: SendPriority)? {
        for lane in lanes.indices.reversed() {
            let priority = SendPriority(rawValue: UInt8(lane)) ?? .control
            while let entry = lanes[lane].popFirst() {
                bytes -= entry.message.count
                if priority == .control || now - entry.since <= parameters.ageMax { return (entry.message, priority) }
            }
        }
        return nil
    }
}
