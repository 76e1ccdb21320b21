internal import CUV
internal import Synchronization

/// Messages from other threads to the loop, bounded.
///
/// The loop's side is this handle; the other threads hold its `sender`. Messages arrive in the order in which they were taken.
public final class Mailbox<Message: Sendable>: Handle {
    /// May be used on any thread, also after the mailbox has closed.
    public let sender: MailboxSender<Message>
    private var onMessage: ((Message) -> Void)?

    /// - Parameter capacity: messages that wait at most; further ones are refused.
    public init(loop: EventLoop, capacity: Int, onMessage: @escaping (Message) -> Void) throws(UVError) {
        precondition(capacity > 0, "a mailbox holds at least one message")
        self.onMessage = onMessage
        sender = MailboxSender(capacity: capacity)
        try super.init(loop: loop, size: MemoryLayout<uv_async_t>.size, operation: "open a mailbox") { raw in
            uv_async_init(loop.raw, raw.assumingMemoryBound(to: uv_async_t.self)) { pointer in
                guard let data = pointer?.pointee.data else { return }
                // Closures for C cannot be generic: the class is asked through its superclass.
                Unmanaged<Handle>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.woken() }
            }
        }
        sender.open(Wakeup(async: raw.assumingMemoryBound(to: uv_async_t.self)))
    }

    public override func close() {
        sender.close()
        super.close()
    }

    override func woken() {
        for message in sender.take() {
            guard isOpen else { return }
            onMessage?(message)
        }
    }

    override func didClose() { onMessage = nil }

    override var label: String { "mailbox" }
}

/// `uv_async_send` is the one call of libuv that any thread may make, which is what makes this pointer `Sendable`. It is used
/// under the sender's lock only, and removed there before the handle closes.
private struct Wakeup: @unchecked Sendable {
    let async: UnsafeMutablePointer<uv_async_t>
}

public final class MailboxSender<Message: Sendable>: Sendable {
    public enum Outcome: Equatable, Sendable { case sent, full, closed }

    private struct State {
        var messages: [Message] = []
        var wakeup: Wakeup?
    }

    private let capacity: Int
    private let state = Mutex(State())

    fileprivate init(capacity: Int) { self.capacity = capacity }

    public func send(_ message: Message) -> Outcome {
        state.withLock { state in
            guard let wakeup = state.wakeup else { return .closed }
            guard state.messages.count < capacity else { return .full }
            state.messages.append(message)
            uv_async_send(wakeup.async)
            return .sent
        }
    }

    fileprivate func open(_ wakeup: Wakeup) { state.withLock { $0.wakeup = wakeup } }

    fileprivate func close() {
        state.withLock {
            $0.wakeup = nil
            $0.messages = []
        }
    }

    fileprivate func take() -> [Message] {
        state.withLock { state in
            defer { state.messages.removeAll(keepingCapacity: true) }
            return state.messages
        }
    }
}
