internal import Glibc
internal import Synchronization

/// The engine as a process of its own: a render driver can crash, a context costs 70 MB, and scenes are hostile input.
///
/// Messages come on standard input and answers leave on standard output, as `EngineFrame` cuts them. This thread reads; one
/// other works through the requests in order; rendering uses threads of its own. The process ends with its standard input.
public enum EngineMain {
    /// - Parameters:
    ///   - threads: of the native device, and that build trees; nil for one per processor.
    ///   - kernelCache: folder for built OpenCL kernels; nil for none.
    /// - Returns: the exit status: 0 when the input ended, 1 where it was not understood or the device can't be used.
    public static func run(device choice: DeviceChoice, threads: Int? = nil, kernelCache: String? = nil) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let output = EngineOutput(descriptor: STDOUT_FILENO)
        let sandbox = EngineSandbox.enter(choice, kernelCache: kernelCache)
        let device: any RenderDevice
        do throws(RenderError) {
            device = try choice.open(threads: threads, kernelCache: kernelCache)
            let description = device.description
            let profile = try KnownAnswers.profile(of: device)
            output.send(
                .hello(
                    EngineHello(
                        profile: profile, device: description.name, details: description.details, sandbox: sandbox.description)))
        } catch {
            output.send(.failed(id: 0, cancelled: false, reason: error.description))
            return 1
        }
        let work = EngineWork()
        let worker = EngineWorker(device: device, threads: threads, work: work, output: output)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(worker)
        guard pthread_create(&thread, nil, engineThreadMain, context.toOpaque()) == 0 else {
            context.release()
            output.send(.failed(id: 0, cancelled: false, reason: "no thread could be started"))
            return 1
        }
        // Work in flight ends with the process: there is nobody left to take its answer.
        return read(into: work, output) ? 0 : 1
    }

    /// Reads until the input ends. False where a message was not understood.
    private static func read(into work: EngineWork, _ output: EngineOutput) -> Bool {
        var parser = EngineFrameParser()
        var intake = SceneIntake()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 }
            parser.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            do {
                while let message = try parser.next() {
                    let request = try EngineRequest(message)
                    if case .cancel(let id) = request {
                        work.cancel(id)
                    } else if let job = intake.take(request), !work.add(job) {
                        output.send(job.refusal("the engine has \(EngineWork.capacity) requests waiting"))
                    }
                }
            } catch {
                output.send(.failed(id: 0, cancelled: false, reason: "a message was not understood: \(error)"))
                return false
            }
        }
    }
}

/// Answers, whole messages at a time, from any thread.
final class EngineOutput: Sendable {
    private let descriptor: Int32
    private let lock = Mutex(())

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Waits while the reader is slow. A reader that is gone ends the process soon: its input ends too.
    func send(_ response: EngineResponse) {
        let bytes = EngineFrame.seal(response.encoded)
        lock.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}

private nonisolated func engineThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<EngineWorker>.fromOpaque(context).takeRetainedValue().run()
}
