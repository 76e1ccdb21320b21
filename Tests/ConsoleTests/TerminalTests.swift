import ArgumentParser
import Testing

@testable import Console

@Suite("Progress display")
struct ProgressDisplayTests {
    @Test func liveLineIsRedrawnInPlaceAndNotTooOften() {
        var display = ProgressDisplay(isInteractive: true)
        #expect(display.update(stage: "render", detail: "1 %", now: 0) == "\r\u{1b}[Krender  1 %")
        #expect(display.update(stage: "render", detail: "2 %", now: 0.05) == "")
        #expect(display.update(stage: "render", detail: "3 %", now: 0.11) == "\r\u{1b}[Krender  3 %")
        #expect(display.update(stage: "render", detail: "3 %", now: 5) == "", "nothing changed")
        #expect(display.update(stage: "verify", detail: "", now: 5.01) == "\r\u{1b}[Kverify", "a new stage is shown at once")
        #expect(display.finish() == "\r\u{1b}[K")
        #expect(display.finish() == "")
    }

    @Test func liveLineFitsTheTerminal() {
        var display = ProgressDisplay(isInteractive: true)
        #expect(display.update(stage: "abcdefghij", detail: "", now: 0, width: 6) == "\r\u{1b}[Kabcde")
        #expect(display.update(stage: "klm", detail: "", now: 1, width: 0) == "\r\u{1b}[K")
    }

    @Test func plainLinesAreFew() {
        var display = ProgressDisplay(isInteractive: false)
        #expect(display.update(stage: "render", detail: "1 %", now: 0) == "render  1 %\n")
        #expect(display.update(stage: "render", detail: "2 %", now: 9) == "")
        #expect(display.update(stage: "render", detail: "3 %", now: 10) == "render  3 %\n")
        #expect(display.update(stage: "verify", detail: "", now: 10) == "verify\n")
        #expect(display.finish() == "")
    }
}

@Suite("Outcome of a command")
struct OutcomeTests {
    @Test func statusesAreTheDocumentedOnes() {
        let numbers: [(CommandStatus, Int32)] = [
            (.done, 0), (.failed, 1), (.usage, 2), (.notReplayed, 3), (.rejected, 4), (.jobFailed, 5), (.unreachable, 6), (.refused, 7),
            (.configuration, 78),
        ]
        for (status, number) in numbers { #expect(status.rawValue == number) }
    }

    @Test func failuresSayWhatToDo() {
        let (status, message) = Program.outcome(of: CommandFailure(.refused, "no funds", advice: "Buy some."), Nothing.self)
        #expect(status == .refused)
        #expect(message == "nothing: no funds\nBuy some.")
    }

    /// A command that printed its result and ends with a status says nothing more.
    @Test func aBareStatusIsKept() {
        let (status, message) = Program.outcome(of: ExitCode(CommandStatus.rejected.rawValue), Nothing.self)
        #expect(status == .rejected)
        #expect(message.isEmpty)
    }
}

private struct Nothing: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nothing")
}
