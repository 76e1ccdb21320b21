public import Identity
public import ProofOfRender
public import RenderModel

/// What a Worker commits to and answers, given what its engine rendered. The honest one changes nothing; tests of the proof
/// replace it.
public struct WorkerConduct: Sendable {
    /// Records and picture to commit to. The arguments are the offer, its id and the engine's records.
    public var result: @Sendable (Offer, RecordID, TileRecords) -> WorkResult?
    /// The trace of a record, given the record that it committed to and what its engine renders sample by sample.
    public var trace: @Sendable (RecordValue, [RecordValue]) -> [RecordValue]
    /// Whether it answers challenges at all.
    public var answersChallenges: Bool
    /// Whether it says how far it is.
    public var reportsProgress: Bool

    public init(
        answersChallenges: Bool = true, reportsProgress: Bool = true,
        trace: @escaping @Sendable (RecordValue, [RecordValue]) -> [RecordValue] = { $1 },
        result: @escaping @Sendable (Offer, RecordID, TileRecords) -> WorkResult?
    ) {
        self.result = result
        self.trace = trace
        self.answersChallenges = answersChallenges
        self.reportsProgress = reportsProgress
    }

    public static let honest = WorkerConduct { _, _, records in
        RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
    }
}

/// Records to commit to, and the picture to deliver.
public struct WorkResult: Sendable {
    public var records: TileRecords
    public var picture: RawPicture

    public init(records: TileRecords, picture: RawPicture) {
        self.records = records
        self.picture = picture
    }
}
