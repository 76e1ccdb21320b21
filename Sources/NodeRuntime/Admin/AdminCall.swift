internal import Crypto
public import EventLoop
internal import Identity
internal import LibP2P
internal import Wire

/// One command to a running node, over the node's own stack.
public final class AdminCall {
    private let network: NetworkSide
    private var done: ((Result<JSON, DaemonError>) -> Void)?
    private let directory: String

    /// - Parameters:
    ///   - places: of the node that is asked; its run file and its admin key are read.
    ///   - done: called once, from the loop.
    public init(
        _ request: AdminRequest, of places: Places, loop: EventLoop, timeout: Duration = .seconds(20),
        done: @escaping (Result<JSON, DaemonError>) -> Void
    ) throws(DaemonError) {
        let run = try RunFile.read(places)
        guard let key = try PlainKey.read(places.adminKey) else {
            throw DaemonError(.unreachable, "\(places.adminKey) is missing", advice: "It is made when the node starts: start it again.")
        }
        self.done = done
        directory = places.data
        network = try NetworkSide(dialling: loop, key: key, prefix: run.prefix)
        network.onEvent = { [weak self] in self?.handle($0) }
        network.carryOut(
            .request(RequestID(1), to: run.peer, at: [run.address], .admin, Array(request.json.text.utf8), timeout: timeout))
    }

    private func handle(_ event: NetworkEvent) {
        switch event {
        case .response(_, let bytes):
            switch AdminAnswer(bytes: bytes) {
            case .done(let answer): finish(.success(answer))
            case .failed(let failure): finish(.failure(failure.error))
            }
        case .requestFailed(_, let failure): finish(.failure(error(failure)))
        case .connected, .identified, .disconnected, .dialFailed, .message, .request, .congested: break
        }
    }

    private func error(_ failure: NetworkFailure) -> DaemonError {
        switch failure {
        case .closed, .misbehaviour, .unsupported:
            DaemonError(
                .refused, "the node of \(directory) did not take the command (\(failure))",
                advice: "Its admin key may have changed: start it again.")
        case .unreachable, .timedOut, .wrongPeer, .limit, .stopping, .idle:
            DaemonError(
                .unreachable, "the node of \(directory) does not answer (\(failure))",
                advice: "Start it with node --role …, or name another directory with --data.")
        }
    }

    private func finish(_ result: Result<JSON, DaemonError>) {
        guard let report = done else { return }
        done = nil
        network.close()
        report(result)
    }

    /// Ends it without a report.
    public func cancel() {
        done = nil
        network.close()
    }
}

/// For commands that do nothing else meanwhile.
public enum AdminClient {
    public static func ask(_ request: AdminRequest, of places: Places, timeout: Duration = .seconds(20)) throws(DaemonError) -> JSON {
        let loop: EventLoop
        do throws(UVError) {
            loop = try EventLoop()
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        var result: Result<JSON, DaemonError>?
        let call = try AdminCall(request, of: places, loop: loop, timeout: timeout) { result = $0 }
        // The call has its own deadline; this one is for a defect in it.
        _ = try? loop.run(for: timeout + .seconds(5)) { result != nil }
        call.cancel()
        try? loop.shutdown()
        guard let result else { throw DaemonError(.unreachable, "the node of \(places.data) does not answer") }
        return try result.get()
    }
}
