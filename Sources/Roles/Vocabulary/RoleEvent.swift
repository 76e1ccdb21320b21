public import Identity
public import LibP2P
public import Wire

/// What a role tells its owner: the log, the metrics and the live view are made of these.
public enum RoleEvent: Hashable, Sendable {
    // All roles.
    case drained
    /// A leaf has left its Managers until it is told to resume.
    case parked
    /// A message was not taken.
    case refused(PeerID, ProtocolName, RefusalReason)
    /// A leaf and the Manager it registered with.
    case registered(manager: PeerID, round: UInt64)
    case registrationLost(manager: PeerID, NetworkFailure)

    // Manager.
    case memberJoined(Bytes32, RoleName)
    case memberLeft(Bytes32, RoleName)
    case roundClosed(round: UInt64, records: Int)
    case jobReceived(job: Bytes32, client: Bytes32)
    case jobPlanned(job: Bytes32, tasks: UInt32)
    case jobEnded(job: Bytes32, JobPhase)
    /// A Worker's copy of a frame carries marks in so many parts; none where nothing could carry one.
    case sceneMarked(job: Bytes32, worker: Bytes32, frame: UInt32, parts: Int)
    /// A Verifier did not find a task's marks: more is challenged, by more Verifiers.
    case marksMissing(job: Bytes32, task: UInt32, attempt: UInt32, verifier: Bytes32)
    case offered(job: Bytes32, task: UInt32, attempt: UInt32, worker: Bytes32)
    case attemptEnded(job: Bytes32, task: UInt32, attempt: UInt32, worker: Bytes32, AttemptOutcome)
    case dutyGiven(job: Bytes32, task: UInt32, attempt: UInt32, verifier: Bytes32)
    case verdictCounted(job: Bytes32, task: UInt32, attempt: UInt32, verifier: Bytes32, accepted: Bool)
    case penalised(Bytes32, PenaltyRule, job: Bytes32, task: UInt32)

    // Worker.
    case leaseTaken(job: Bytes32, task: UInt32, attempt: UInt32)
    case leaseProgress(job: Bytes32, task: UInt32, permille: UInt32, rays: UInt64)
    case leaseCommitted(job: Bytes32, task: UInt32, attempt: UInt32, rays: UInt64)
    case leaseEnded(job: Bytes32, task: UInt32, attempt: UInt32, AttemptOutcome)

    // Verifier.
    case dutyTaken(job: Bytes32, task: UInt32, attempt: UInt32)
    case dutyEnded(job: Bytes32, task: UInt32, attempt: UInt32, DutyOutcome)

    // Client.
    case jobProgress(JobStatus)
}

/// How an attempt ended, in the words of `RoleEvent`; the signed form is the record `AttemptEnd`.
public enum AttemptOutcome: UInt8, Hashable, Sendable {
    case accepted
    case rejected
    case expired
    case handedBack
    /// The Worker did not take the offer.
    case declined
    case cancelled
    /// The result was false because the Manager had asked for it.
    case decoy
}

public enum DutyOutcome: UInt8, Hashable, Sendable {
    case accepted
    case rejected
    /// The Verifier says that it could not decide.
    case cannot
    case lapsed
}
