internal import LibP2P

/// Which role an id or an effect belongs to. One node may have several roles.
public enum RoleName: UInt8, Hashable, Sendable, CaseIterable {
    case manager = 1
    case worker = 2
    case verifier = 3
    case client = 4
}

/// Names slow work (reading a scene, rendering, recomputing) until its result comes back.
public struct WorkID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Names a block that was asked for.
public struct BlockRequestID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Names a reading of the database.
public struct LoadID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Names a command or a question of the shell's until `RoleEffect.answer`. Chosen by the shell.
public struct QueryID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// The ids that one role gives: the top byte is the role's, so that the node knows whom a result is for.
public struct RoleIDs: Sendable {
    public let space: UInt8
    private var last: UInt64 = 0

    /// - Parameter space: the top byte of every id.
    public init(space: UInt8) { self.space = space }

    private mutating func next() -> UInt64 {
        last = (last &+ 1) & 0x00ff_ffff_ffff_ffff
        return UInt64(space) << 56 | last
    }

    mutating func request() -> RequestID { RequestID(next()) }
    mutating func work() -> WorkID { WorkID(next()) }
    mutating func block() -> BlockRequestID { BlockRequestID(next()) }
    mutating func load() -> LoadID { LoadID(next()) }

    /// The top byte of an id.
    @inlinable
    public static func space(of id: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: id >> 56) }
}
