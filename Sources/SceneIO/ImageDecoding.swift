import Glibc
import Synchronization

/// Decodes images on several threads, each image on one of them.
final class ImageDecoding: Sendable {
    /// More threads than this wait for memory more than they decode.
    static let threadsMax = 16

    private let files: [ImageFile]
    private let next = Atomic<Int>(0)
    private let results: Mutex<[Result<DecodedImage, SceneError>?]>

    private init(_ files: [ImageFile]) {
        self.files = files
        results = Mutex(Array(repeating: nil, count: files.count))
    }

    /// Gives the images in the order of their files, or the error of the first of them that cannot be decoded. Texels have been charged
    /// for; there are so few threads that the budget has room for the largest workspace on each.
    static func decode(_ files: [ImageFile], threads: Int, _ budget: inout MemoryBudget) throws(SceneError) -> [DecodedImage] {
        guard let largest = files.max(by: { $0.workspace < $1.workspace }) else { return [] }
        let affordable = largest.workspace == 0 ? files.count : budget.left / largest.workspace
        let count = max(1, min(threads, files.count, threadsMax, affordable))
        try budget.charge(count, largest.workspace, at: largest.place)
        defer { budget.release(count * largest.workspace) }
        let decoding = ImageDecoding(files)
        var helpers: [pthread_t] = []
        while helpers.count < count - 1, let helper = decoding.start() { helpers.append(helper) }
        decoding.work()
        for helper in helpers { pthread_join(helper, nil) }
        var images: [DecodedImage] = []
        for result in decoding.results.withLock({ $0 }) { images.append(try result!.get()) }
        return images
    }

    /// A further thread, or nil where there is none to be had.
    private func start() -> pthread_t? {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        guard pthread_create(&thread, nil, threadMain, context.toOpaque()) == 0 else {
            context.release()
            return nil
        }
        return thread
    }

    fileprivate func work() {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if number >= files.count { return }
            let result = Result { () throws(SceneError) in try files[number].decode() }
            results.withLock { $0[number] = result }
        }
    }
}

/// A C callback: outside any actor.
private nonisolated func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ImageDecoding>.fromOpaque(context).takeRetainedValue().work()
    return nil
}
