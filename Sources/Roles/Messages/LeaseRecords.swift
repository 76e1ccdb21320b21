public import Identity
public import Wire

/// The Worker takes an offer.
public struct TaskAccept: RecordBody {
    public static let type = RecordType.taskAccept
    public var offer: RecordID

    public init(offer: RecordID) { self.offer = offer }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (offer, rest) = try reader.readHashAndNumber()
        guard rest == 0 else { throw .notCanonical }
        self.init(offer: offer)
    }

    public func write(to writer: inout ProtobufWriter) { writer.bytes32(1, offer) }
}

/// Why a node does not take an offer or a duty. The number travels.
public enum DeclineReason: UInt32, Error, Hashable, Sendable, CaseIterable {
    case busy = 1
    case draining = 2
    case paused = 3
    case priceTooLow = 4
    case sceneTooLarge = 5
    case profileUnknown = 6
    case invalid = 7
    case notAnchored = 8
}

/// The Worker does not take an offer: the next one may be asked, and nobody is blamed.
public struct TaskDecline: RecordBody {
    public static let type = RecordType.taskDecline
    public var offer: RecordID
    public var reason: DeclineReason

    public init(offer: RecordID, reason: DeclineReason) {
        self.offer = offer
        self.reason = reason
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (offer, number) = try reader.readHashAndNumber()
        guard let reason = DeclineReason(rawValue: number) else { throw .outOfBounds }
        self.init(offer: offer, reason: reason)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, offer)
        writer.uint32(2, reason.rawValue)
    }
}

/// The Verifier does not take a duty.
public struct DutyDecline: RecordBody {
    public static let type = RecordType.dutyDecline
    public var duty: RecordID
    public var reason: DeclineReason

    public init(duty: RecordID, reason: DeclineReason) {
        self.duty = duty
        self.reason = reason
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (duty, number) = try reader.readHashAndNumber()
        guard let reason = DeclineReason(rawValue: number) else { throw .outOfBounds }
        self.init(duty: duty, reason: reason)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.uint32(2, reason.rawValue)
    }
}

/// The Worker is at it, or waits for the end of the attempt that it committed to.
public struct Progress: RecordBody {
    public static let type = RecordType.progress
    public var offer: RecordID
    /// Of the pixels, 0 ... 1,000.
    public var permille: UInt32
    public var rays: UInt64

    public init(offer: RecordID, permille: UInt32, rays: UInt64) {
        self.offer = offer
        self.permille = permille
        self.rays = rays
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var offer: Bytes32?
        var permille: UInt32 = 0
        var rays: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: offer = try field.bytes32()
            case 2: permille = try field.uint32()
            case 3: rays = try field.uint64()
            default: throw .notCanonical
            }
        }
        guard let offer else { throw .missingField }
        guard permille <= 1_000 else { throw .outOfBounds }
        self.init(offer: offer, permille: permille, rays: rays)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, offer)
        writer.uint32(2, permille)
        writer.uint64(3, rays)
    }
}

/// The Worker gives a lease back: it will not commit.
public struct HandBack: RecordBody {
    public static let type = RecordType.handBack

    public enum Reason: UInt32, Hashable, Sendable, CaseIterable {
        case draining = 1
        case sceneUnavailable = 2
        case outOfMemory = 3
        case engineFailed = 4
    }

    public var offer: RecordID
    public var reason: Reason

    public init(offer: RecordID, reason: Reason) {
        self.offer = offer
        self.reason = reason
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (offer, number) = try reader.readHashAndNumber()
        guard let reason = Reason(rawValue: number) else { throw .outOfBounds }
        self.init(offer: offer, reason: reason)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, offer)
        writer.uint32(2, reason.rawValue)
    }
}
