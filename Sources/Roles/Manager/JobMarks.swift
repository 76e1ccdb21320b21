internal import ProofOfRender
internal import RenderModel
internal import Wire

/// The marks of one job: its key, and the copies of its scene that Workers get. All of it follows from the key, so that a copy that
/// was dropped or lost in a restart is made again the same.
struct JobMarks: Sendable {
    /// One copy: a Worker's, of a frame.
    struct Place: Hashable, Sendable {
        var worker: Bytes32
        var frame: UInt32
    }

    enum Copy: Sendable {
        case marking(WorkID)
        /// Blocks on their way to the disk.
        case storing(Set<CID>, MarkedCopy)
        case ready(MarkedCopy)
        /// Nothing in the frame can carry a mark, or the engine failed: the Worker gets the artist's scene.
        case bare
    }

    /// Copies kept of a job, each with some hundred KiB of windows.
    static let copiesMax = 32

    let key: MarkKey
    private(set) var copies: [Place: Copy] = [:]
    /// Oldest first.
    private var order: [Place] = []
    /// The disk refused blocks that several copies share: no more copies.
    var isBroken = false

    init(key: MarkKey) { self.key = key }

    mutating func set(_ place: Place, to copy: Copy) {
        if copies.updateValue(copy, forKey: place) == nil { order.append(place) }
        guard copies.count > JobMarks.copiesMax else { return }
        let finished = order.firstIndex { known in
            switch copies[known] {
            case .ready, .bare: known != place
            case .marking, .storing, nil: false
            }
        }
        if let finished { copies[order.remove(at: finished)] = nil }
    }

    func place(marking work: WorkID) -> Place? {
        order.first { place in
            if case .marking(work)? = copies[place] { return true }
            return false
        }
    }

    /// Takes note of a stored block; the places whose copies are complete with it.
    mutating func stored(_ cid: CID) -> [Place] {
        order.filter { place in
            guard case .storing(var missing, let copy)? = copies[place], missing.remove(cid) != nil else { return false }
            copies[place] = missing.isEmpty ? .ready(copy) : .storing(missing, copy)
            return missing.isEmpty
        }
    }

    /// The places whose copies lack this block, which the disk refused.
    func waiting(for cid: CID) -> [Place] {
        order.filter { place in
            guard case .storing(let missing, _)? = copies[place] else { return false }
            return missing.contains(cid)
        }
    }

    /// Work of the engine's that is under way.
    var works: [WorkID] {
        order.compactMap { place in
            if case .marking(let work)? = copies[place] { return work }
            return nil
        }
    }
}

/// A Worker that was drawn for a task and waits for its copy of the scene. It holds a slot.
struct DrawnWorker: Sendable {
    var worker: Bytes32
    var rank: UInt32
    /// Round of the output that drew it.
    var round: UInt64
    var evidence: ProofBundle.DrawEvidence
}

/// The pixels of a task that marks touched, on their way from the Manager's own engine.
struct RepairWork: Sendable {
    let pixels: [SIMD2<UInt32>]
    var values: [RecordValue] = []
    var work: WorkID?
    /// Nil once `isOver` where the engine failed: the picture is then delivered as it is.
    var result: PictureRepair?
    var isOver = false
}
