public import Identity
public import Wire

/// A Worker or Verifier says that it is there and what it can do. Refreshed; forgotten when it is not.
public struct Register: RecordBody {
    public static let type = RecordType.register

    /// `worker` or `verifier`.
    public var role: RoleName
    /// Chosen anew at every start: a new one says that nothing of before is remembered.
    public var session: UInt64
    /// Raised with every refresh of a session.
    public var sequence: UInt64
    /// Who runs the node; its key where it has no licence. A Verifier never checks its own operator's work.
    public var operatorID: Bytes32
    /// Bytes that a scene and its records may take.
    public var memory: UInt64
    /// Largest scene in bytes that it loads.
    public var sceneBytesMax: UInt64
    /// Least price per IBM, in millionths of an ifxDollar.
    public var priceMin: UInt64
    /// Speed in millionths of the standard unit.
    public var benchmark: UInt64
    /// Leases or duties at a time.
    public var slots: UInt32
    /// What its engine renders exactly.
    public var profile: Bytes32

    public init(
        role: RoleName, session: UInt64, sequence: UInt64, operatorID: Bytes32, memory: UInt64, sceneBytesMax: UInt64, priceMin: UInt64,
        benchmark: UInt64, slots: UInt32, profile: Bytes32
    ) {
        self.role = role
        self.session = session
        self.sequence = sequence
        self.operatorID = operatorID
        self.memory = memory
        self.sceneBytesMax = sceneBytesMax
        self.priceMin = priceMin
        self.benchmark = benchmark
        self.slots = slots
        self.profile = profile
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var role: RoleName?
        var operatorID, profile: Bytes32?
        var numbers = [UInt64](repeating: 0, count: 10)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                switch try field.uint32() {
                case 2: role = .worker
                case 3: role = .verifier
                default: throw .outOfBounds
                }
            case 4: operatorID = try field.bytes32()
            case 2, 3, 5, 6, 7, 8, 9: numbers[Int(field.number)] = try field.uint64()
            case 10: profile = try field.bytes32()
            default: throw .notCanonical
            }
        }
        guard let role, let operatorID, let profile else { throw .missingField }
        guard numbers[9] <= 64 else { throw .outOfBounds }
        self.init(
            role: role, session: numbers[2], sequence: numbers[3], operatorID: operatorID, memory: numbers[5], sceneBytesMax: numbers[6],
            priceMin: numbers[7], benchmark: numbers[8], slots: UInt32(numbers[9]), profile: profile)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, UInt32(role.rawValue))
        writer.uint64(2, session)
        writer.uint64(3, sequence)
        writer.bytes32(4, operatorID)
        writer.uint64(5, memory)
        writer.uint64(6, sceneBytesMax)
        writer.uint64(7, priceMin)
        writer.uint64(8, benchmark)
        writer.uint32(9, slots)
        writer.bytes32(10, profile)
    }
}

/// A Worker or Verifier leaves; what it holds is given to others.
public struct Leave: RecordBody {
    public static let type = RecordType.leave
    public var session: UInt64

    public init(session: UInt64) { self.session = session }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var session: UInt64 = 0
        while let field = try reader.next() {
            guard field.number == 1 else { throw .notCanonical }
            session = try field.uint64()
        }
        guard session > 0 else { throw .missingField }
        self.init(session: session)
    }

    public func write(to writer: inout ProtobufWriter) { writer.uint64(1, session) }
}
