/// A first-in, first-out queue of at most `countMax` elements that refuses when full.
public struct BoundedQueue<Element> {
    private var storage: [Element?] = []
    private var head = 0
    public private(set) var count = 0
    public let countMax: Int

    public init(countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
    }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { count == countMax }

    /// False where the queue is full: the element was not taken.
    public mutating func append(_ element: Element) -> Bool {
        guard count < countMax else { return false }
        if count == storage.count { grow() }
        storage[(head + count) % storage.count] = element
        count += 1
        return true
    }

    public mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head]
        storage[head] = nil
        head = (head + 1) % storage.count
        count -= 1
        return element
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(4, storage.count * 2))
        for index in 0..<count { larger.append(storage[(head + index) % storage.count]) }
        while larger.count < larger.capacity { larger.append(nil) }
        storage = larger
        head = 0
    }
}

extension BoundedQueue: Sendable where Element: Sendable {}
