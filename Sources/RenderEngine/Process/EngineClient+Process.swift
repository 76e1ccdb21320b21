internal import EventLoop
internal import Glibc
internal import RenderModel
internal import Wire

extension EngineClient {
    /// Bytes that may wait for the process: a few frames.
    private static let backlogMax = 4 * EngineFrame.sizeMax

    /// Starts the process, or the next request, whichever is due.
    func advance() {
        guard !isClosed, current == nil else { return }
        guard process != nil else { return startProcess() }
        guard hello != nil, !waiting.isEmpty else { return armWatchdog() }
        let entry = waiting.removeFirst()
        current = entry
        assembly = RecordsAssembly(entry.request)
        let number = sceneNumber(entry.scene)
        switch entry.task {
        case .mark(let order, _):
            marked = MarkedAssembly(order, bytesMax: entry.scene.memoryMax)
            outbox.add(.mark(id: entry.id, scene: number, order: order))
        case .prepare: outbox.add(.prepare(id: entry.id, scene: number, frame: entry.request.frame))
        case .render: outbox.add(.render(id: entry.id, scene: number, request: entry.request))
        case .recompute(let places, _):
            outbox.add(.recompute(id: entry.id, scene: number, request: entry.request, places: places))
        }
        lastMessage = loop.now
        armWatchdog()
        pump()
    }

    /// The process's number for a scene; queues the scene where the process lacks it.
    private func sceneNumber(_ scene: EngineScene) -> UInt32 {
        let known = loaded.firstIndex {
            $0.root == scene.root && $0.memoryMax == scene.memoryMax && ($0.keepsBlocks || !scene.keepsBlocks)
        }
        if let index = known {
            let known = loaded.remove(at: index)
            loaded.append(known)
            return known.number
        }
        while loaded.count >= parameters.scenesMax { outbox.add(.dropScene(scene: loaded.removeFirst().number)) }
        let number = nextNumber
        nextNumber = nextNumber == .max ? 1 : nextNumber + 1
        loaded.append((scene.root, scene.memoryMax, scene.keepsBlocks, number))
        outbox.add(scene, number: number)
        return number
    }

    func send(_ request: EngineRequest) {
        outbox.add(request)
        pump()
    }

    /// Writes what the pipe takes.
    private func pump() {
        guard let pipe = process?.standardInput else { return }
        do throws(EngineFailure) {
            while let message = try outbox.next() {
                switch pipe.write(message) {
                case .sent, .queued: outbox.sent()
                case .refused, .closed: return
                }
            }
        } catch {
            // Half a scene is there: the process has to forget it, and the easiest way is another process.
            failCurrent(error)
            endProcess()
            scheduleNext()
        }
    }

    private func startProcess() {
        var command = ChildProcess.Command(parameters.path, parameters.arguments)
        command.standardInput = .pipe
        command.standardOutput = .pipe
        command.pipes.backlogMax = EngineClient.backlogMax
        command.pipes.backlogLow = EngineFrame.sizeMax
        parser = EngineFrameParser()
        outbox.clear()
        loaded = []
        lastReason = "it ended"
        do throws(UVError) {
            let child = try ChildProcess(loop: loop, command)
            process = child
            lastMessage = loop.now
            child.onExit = { [weak self, weak child] status in self?.exited(child, "it \(status)") }
            child.standardOutput?.onRead = { [weak self] bytes in bytes.withUnsafeBytes { self?.received($0) } }
            child.standardOutput?.onEnd = { [weak child] in child?.standardOutput?.close() }
            child.standardInput?.onWritable = { [weak self] in self?.pump() }
            child.standardInput?.onClose = { _ in }
            child.standardOutput?.resumeReading()
            armWatchdog()
        } catch {
            died("it could not be started: \(error)")
        }
    }

    /// Ends the process without a word.
    func endProcess() {
        guard let child = process else { return }
        process = nil
        hello = nil
        child.onExit = nil
        child.standardInput?.onWritable = nil
        child.standardInput?.close()
        child.standardOutput?.onRead = nil
        child.standardOutput?.close()
        child.close()
        outbox.clear()
        loaded = []
    }

    private func exited(_ child: ChildProcess?, _ reason: String) {
        guard let child, child === process else { return }
        died(lastReason == "it ended" ? reason : lastReason)
    }

    /// The process is gone, or is made to go: what ran is tried again or fails, what waits is tried with another process.
    private func died(_ reason: String) {
        let greeted = hello != nil
        endProcess()
        deaths += 1
        if let entry = current {
            if !retryCurrent(entry) { failCurrent(.died(reason: reason)) }
        } else if !greeted, !waiting.isEmpty {
            // It died before it greeted: that counts for the request at the head, so that a broken installation is reported.
            waiting[0].attempts += 1
            if waiting[0].attempts >= parameters.attemptsMax { finish(waiting.removeFirst(), .died(reason: reason)) }
        }
        guard !isClosed else { return }
        if waiting.isEmpty { restart?.disarm() } else { restart?.arm(at: loop.deadline(after: restartDelay)) }
        restartDelay = min(restartDelay * 2, parameters.restartDelayMax)
        armWatchdog()
    }

    /// Puts the running request back to the head of the queue, where it may be tried again. What it had sent is dropped: a render
    /// starts over, which for a tile is little.
    private func retryCurrent(_ entry: Entry) -> Bool {
        guard !isClosed, !entry.isCancelled, entry.attempts + 1 < parameters.attemptsMax else { return false }
        var again = entry
        again.attempts += 1
        current = nil
        assembly = nil
        waiting.insert(again, at: 0)
        return true
    }

    private func failCurrent(_ failure: EngineFailure) {
        guard let entry = current else { return }
        current = nil
        assembly = nil
        finish(entry, failure)
    }

    /// The next step comes from the loop, not from inside a callback of the process.
    private func scheduleNext() {
        guard !isClosed else { return }
        armWatchdog()
        if !waiting.isEmpty { restart?.arm(at: loop.now) }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        parser.append(bytes)
        lastMessage = loop.now
        do {
            while process != nil, let message = try parser.next() { try handle(EngineResponse(message)) }
        } catch {
            died("its answer was not understood (\(error))")
        }
        armWatchdog()
    }

    private func handle(_ response: EngineResponse) throws(WireError) {
        switch response {
        case .hello(let greeting):
            guard hello == nil, greeting.version == EngineHello.currentVersion else { throw .outOfBounds }
            hello = greeting
            onHello?(greeting)
            scheduleNext()
        case .sceneLoaded: restartDelay = parameters.restartDelay
        case .sceneFailed(let scene, let reason):
            loaded.removeAll { $0.number == scene }
            if current != nil {
                failCurrent(.refused(reason: reason))
                scheduleNext()
            }
        case .failed(let id, let cancelled, let reason):
            // Id 0 speaks of the process itself; it ends then.
            if id == 0 { lastReason = reason }
            guard let entry = current, entry.id == id else { return }
            failCurrent(cancelled ? .cancelled : .refused(reason: reason))
            scheduleNext()
        case .prepared, .progress, .records, .rendered, .recomputed, .markedBlock, .markedPart, .marked: try handleResult(response)
        }
    }

    private func handleResult(_ response: EngineResponse) throws(WireError) {
        guard let entry = current else { return }
        switch (response, entry.task) {
        case (.prepared(let id, let triangles, let memory), .prepare(let completion)):
            guard id == entry.id else { return }
            succeed(entry) { completion(.success(SceneStatistics(triangles: triangles, memory: memory))) }
        case (.progress(let id, let permille, let rays), .render(let progress, _)):
            guard id == entry.id, !entry.isCancelled else { return }
            progress(RenderProgress(permille: Int(min(permille, 1000)), rays: rays))
        // Only the sign of life counts.
        case (.progress, .mark): break
        case (.records(let id, let part), .render):
            guard id == entry.id else { return }
            guard assembly?.append(part) == true else { throw .outOfBounds }
        case (.rendered(let id, let nonFinite), .render(_, let completion)):
            guard id == entry.id else { return }
            guard let records = assembly?.finish(nonFinite: nonFinite) else { throw .outOfBounds }
            succeed(entry) { completion(.success(records)) }
        case (.recomputed(let id, let values), .recompute(let places, let completion)):
            guard id == entry.id else { return }
            guard values.count == places.count else { throw .outOfBounds }
            succeed(entry) { completion(.success(values)) }
        case (.markedBlock(let id, let bytes), .mark):
            guard id == entry.id else { return }
            guard marked?.append(block: bytes) == true else { throw .outOfBounds }
        case (.markedPart(let id, let part), .mark):
            guard id == entry.id else { return }
            guard marked?.append(part) == true else { throw .outOfBounds }
        case (.marked(let id, let root), .mark(_, let completion)):
            guard id == entry.id else { return }
            let copy = root.flatMap { marked?.finish($0) }
            guard (root == nil) == (copy == nil) else { throw .outOfBounds }
            marked = nil
            succeed(entry) { completion(.success(copy)) }
        default: throw .malformedField
        }
    }

    private func succeed(_ entry: Entry, _ report: () -> Void) {
        current = nil
        assembly = nil
        restartDelay = parameters.restartDelay
        scheduleNext()
        if !entry.isCancelled { report() }
    }

    /// The earliest of: greeting, sign of life, deadline of any request.
    func armWatchdog() {
        guard !isClosed else { return }
        var due: UInt64?
        func consider(_ deadline: UInt64) { due = min(due ?? .max, deadline) }
        if process != nil, hello == nil { consider(lastMessage &+ nanoseconds(parameters.startMax)) }
        if let current {
            consider(lastMessage &+ nanoseconds(parameters.silenceMax))
            consider(current.deadline)
        }
        for entry in waiting { consider(entry.deadline) }
        if let due { watchdog?.arm(at: due) } else { watchdog?.disarm() }
    }

    private func nanoseconds(_ duration: Duration) -> UInt64 { loop.deadline(after: duration) &- loop.now }

    func watch() {
        let now = loop.now
        let late = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        for entry in late { finish(entry, .timedOut(after: entry.limit)) }
        if let entry = current, entry.deadline <= now {
            failCurrent(.timedOut(after: entry.limit))
            endProcess()
            scheduleNext()
        } else if current != nil, now &- lastMessage >= nanoseconds(parameters.silenceMax) {
            died("it gave no sign of life for \(parameters.silenceMax)")
        } else if process != nil, hello == nil, now &- lastMessage >= nanoseconds(parameters.startMax) {
            died("it did not greet within \(parameters.startMax)")
        }
        armWatchdog()
    }
}
