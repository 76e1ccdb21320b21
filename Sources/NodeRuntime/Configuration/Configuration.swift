public import Identity
public import Wire

/// What an operator decides about one node. Everything that all nodes of a network must agree on is in `NetworkDefinition`.
public struct Configuration: Equatable, Sendable {
    public var roles: [NodeRole] = []
    /// A path, or the name of a definition that comes with the node.
    public var network = NetworkDefinition.development.name
    public var listen: [Multiaddr] = [.tcp4(0, port: 4001)]
    /// Dialled besides the definition's own.
    public var bootstrap: [Multiaddr] = []
    public var api = HostPort(host: "127.0.0.1", port: 0)
    /// Where metrics and health are served over HTTP; nowhere by default.
    public var http = OptionalHostPort(nil)
    /// Peers that may give this node commands, besides the holder of its directory's admin key.
    public var admins: [PeerID] = []
    public var subscribe: [String] = []
    public var serve: [DiagnosticProtocol] = []
    public var passwordFile = ""
    public var logLevel = LogLevel.info
    public var logFormat = LogFormat.text
    public var connectionsMax = 0
    /// KiB/s on the wire, all connections together; 0: no cap.
    public var uploadMax = 0
    public var downloadMax = 0
    public var device = RenderDevice.opencl(index: 0)
    public var threads = 0
    public var verifierClass = VerifierClass.standard
    public var blocksMax = 10_240

    public init() {}

    /// Bytes per second.
    var bandwidth: BandwidthCaps {
        BandwidthCaps(up: uploadMax > 0 ? uploadMax << 10 : nil, down: downloadMax > 0 ? downloadMax << 10 : nil)
    }
}

public enum NodeRole: String, NamedChoice { case worker, verifier, manager }

/// What a Verifier can take: `mobile` loads small scenes only, and of others looks at the marks.
public enum VerifierClass: String, NamedChoice { case standard, mobile }

public enum DiagnosticProtocol: String, NamedChoice { case perf, echo }

public enum LogLevel: String, NamedChoice { case trace, debug, info, notice, warning, error, critical }

public enum LogFormat: String, NamedChoice { case text, json }

/// Where kernels run: `opencl`, `opencl:N` (the N-th device), `native`, several of them with commas between, or `all`.
public enum RenderDevice: Equatable, Hashable, FieldValue {
    case opencl(index: Int)
    case native
    /// A list of the others, or `all`, as it was written.
    case several(String)

    public static var typeName: String { "opencl, opencl:N, native, a list of them or all" }

    public init?(_ text: String) {
        if text == "native" {
            self = .native
        } else if text == "opencl" {
            self = .opencl(index: 0)
        } else if text.hasPrefix("opencl:"), let index = UInt8(text.dropFirst(7)) {
            self = .opencl(index: Int(index))
        } else if text == "all" {
            self = .several(text)
        } else if text.contains(","), text.utf8.count <= 1024,
            text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy({ $0 != "all" && RenderDevice(String($0)) != nil })
        {
            self = .several(text)
        } else {
            return nil
        }
    }

    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item, let device = RenderDevice(text) else { throw RenderDevice.mismatch(item) }
        self = device
    }

    /// As a flag or a file names it.
    public var name: String {
        switch self {
        case .native: "native"
        case .several(let text): text
        case .opencl(let index): index == 0 ? "opencl" : "opencl:\(index)"
        }
    }

    public var item: TOMLItem { .text(name) }
}

/// `127.0.0.1:8080`, `localhost:0` or `[::1]:8080`.
public struct HostPort: Equatable, Hashable, FieldValue {
    /// Without brackets.
    public var host: String
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.count <= 255, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        self.init(host: String(host), port: port)
    }

    public static var typeName: String { "HOST:PORT" }

    public init(item: TOMLItem) throws(FieldProblem) {
        guard case .text(let text) = item else { throw HostPort.mismatch(item) }
        guard let value = HostPort(text) else { throw FieldProblem("takes HOST:PORT such as 127.0.0.1:4080, not \"\(text)\"") }
        self = value
    }

    public var item: TOMLItem { .text(host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)") }
}

/// Where to listen, or nowhere: an empty text.
public struct OptionalHostPort: Equatable, Hashable, FieldValue {
    public var value: HostPort?

    public init(_ value: HostPort?) { self.value = value }

    public static var typeName: String { "HOST:PORT, or empty for none" }

    public init(item: TOMLItem) throws(FieldProblem) { value = item == .text("") ? nil : try HostPort(item: item) }

    public var item: TOMLItem { value?.item ?? .text("") }
}
