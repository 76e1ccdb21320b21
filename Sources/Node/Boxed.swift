/// A value on the heap that still is a value: copies are independent, as those of an array are.
///
/// A node that doesn't have a role shall not have its room either: a Manager's is larger than all that a leaf keeps of the DHT's state.
struct Boxed<Value> {
    /// Always one element.
    private var storage: [Value]

    init(_ value: Value) { storage = [value] }

    var value: Value {
        _read { yield storage[0] }
        _modify { yield &storage[0] }
    }
}

extension Boxed: Sendable where Value: Sendable {}
