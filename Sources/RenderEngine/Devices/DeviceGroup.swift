internal import Glibc
public import RenderModel
internal import Synchronization

/// Several devices that share every render. Each takes a share by its speed so far, whenever it is free; since all of them give the same
/// bits, no bit tells who rendered what.
public final class DeviceGroup: RenderDevice {
    public let description: DeviceDescription
    private let members: [any RenderDevice]

    /// - Parameter members: one or more. One that stands there twice works as two.
    public init(_ members: [any RenderDevice]) {
        precondition(!members.isEmpty)
        self.members = members
        let known = members.map(\.description)
        description = DeviceDescription(
            name: known.map(\.name).joined(separator: ","), details: known.map(\.details).joined(separator: "; "))
    }

    public func render(_ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool)
        throws(RenderError) -> TileRecords
    {
        // Checked once, so that no member finds a fault of the whole in its share.
        _ = try scene.view(request)
        let work = SharedRender(request, members: members.count)
        let threads = DeviceThreads(members.indices.map { index in { [members] in work.run(index, on: members[index], scene) } })
        var pause = 1_000_000
        while !work.isOver {
            var time = timespec(tv_sec: 0, tv_nsec: pause)
            nanosleep(&time, nil)
            pause = min(pause * 2, 100_000_000)
            if !progress(work.progress) { work.fail(.cancelled) }
        }
        threads.join()
        let records = try work.result()
        guard progress(work.progress) else { throw .cancelled }
        return records
    }

    public func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue] {
        let share = (places.count + members.count - 1) / members.count
        let parts = Mutex([Result<[RecordValue], RenderError>](repeating: .success([]), count: members.count))
        DeviceThreads(
            members.indices.map { index in
                { [members] in
                    let mine = places[min(index * share, places.count)..<min((index + 1) * share, places.count)]
                    guard !mine.isEmpty else { return }
                    let result = Result { () throws(RenderError) in
                        try members[index].recompute(scene, request, places: Array(mine))
                    }
                    parts.withLock { $0[index] = result }
                }
            }
        ).join()
        var values: [RecordValue] = []
        for part in parts.withLock({ $0 }) { values += try part.get() }
        return values
    }
}

/// One thread for each piece of work; what gets no thread runs at once.
private struct DeviceThreads {
    private var threads: [pthread_t] = []

    init(_ work: [@Sendable () -> Void]) {
        for piece in work {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(DeviceThreadWork(piece))
            if pthread_create(&thread, nil, deviceThreadMain, context.toOpaque()) == 0 {
                threads.append(thread)
            } else {
                context.release()
                piece()
            }
        }
    }

    func join() {
        for thread in threads { pthread_join(thread, nil) }
    }
}

private final class DeviceThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// A C callback: outside any actor.
private nonisolated func deviceThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<DeviceThreadWork>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
