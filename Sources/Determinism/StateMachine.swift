/// The shape of every protocol and every role: a value with no clock, no random source, no I/O and no thread.
///
/// Calling contract. The caller gives one input, or reports that `nextDeadline` has passed, then drains every effect, then
/// reads `nextDeadline` again. `now` never goes back. The caller owns the effect buffer and reuses it; a machine only appends.
/// Inputs are nouns or past facts, effects are imperatives. Effects of one call are carried out in order.
public protocol StateMachine {
    associatedtype Input
    associatedtype Effect

    mutating func handle(_ input: Input, now: Instant, emit: inout [Effect])
    mutating func handleDeadline(now: Instant, emit: inout [Effect])
    var nextDeadline: Instant? { get }
}
