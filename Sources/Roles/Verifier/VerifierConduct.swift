public import ProofOfRender
public import RenderModel

/// What a Verifier does with a duty. The honest one changes nothing; tests of the proof replace it.
public struct VerifierConduct: Sendable {
    /// Places that its engine renders for those of the challenge, as many.
    public var places: @Sendable (Offer, [RecordPlace]) -> [RecordPlace]
    /// Values that it says it rendered.
    public var values: @Sendable (Offer, [RecordValue]) -> [RecordValue]
    /// The sample that it names for the one it found.
    public var sample: @Sendable (UInt32) -> UInt32
    /// Whether its verdict is an accept whatever it found.
    public var accepts: @Sendable (Offer) -> Bool

    public init(
        places: @escaping @Sendable (Offer, [RecordPlace]) -> [RecordPlace] = { $1 },
        values: @escaping @Sendable (Offer, [RecordValue]) -> [RecordValue] = { $1 },
        sample: @escaping @Sendable (UInt32) -> UInt32 = { $0 }, accepts: @escaping @Sendable (Offer) -> Bool
    ) {
        self.places = places
        self.values = values
        self.sample = sample
        self.accepts = accepts
    }

    public static let honest = VerifierConduct { _ in false }
}
