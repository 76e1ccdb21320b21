/// A value on the heap that still is a value: copies are independent, as those of an array are, and share it until one is changed.
///
/// A node that doesn't have a role shall not have its room either: a Manager's is larger than all that a leaf keeps of the DHT's state.
/// And what thousands of simulated nodes are made from is there once.
public struct Boxed<Value> {
    /// Always one element.
    @usableFromInline var storage: [Value]

    @inlinable public init(_ value: Value) { storage = [value] }

    @inlinable public var value: Value {
        _read { yield storage[0] }
        _modify { yield &storage[0] }
    }
}

extension Boxed: Sendable where Value: Sendable {}
