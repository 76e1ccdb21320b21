internal import CUV

/// Why a listener could not be opened or a connection could not be made, with what to do about it.
public enum SocketError: Error, Equatable, Sendable {
    case addressInUse(SocketAddress)
    case addressNotAvailable(SocketAddress)
    case permissionDenied(SocketAddress)
    case connectionRefused(SocketAddress)
    case unreachable(SocketAddress)
    case timedOut(SocketAddress)
    case tooManyOpenFiles(SocketAddress)
    case failed(SocketAddress, UVError)

    init(_ error: UVError, _ address: SocketAddress) {
        switch error.code {
        case UV_EADDRINUSE.rawValue: self = .addressInUse(address)
        case UV_EADDRNOTAVAIL.rawValue: self = .addressNotAvailable(address)
        case UV_EACCES.rawValue, UV_EPERM.rawValue: self = .permissionDenied(address)
        case UV_ECONNREFUSED.rawValue: self = .connectionRefused(address)
        case UV_ENETUNREACH.rawValue, UV_EHOSTUNREACH.rawValue, UV_ENETDOWN.rawValue: self = .unreachable(address)
        case UV_ETIMEDOUT.rawValue: self = .timedOut(address)
        case UV_EMFILE.rawValue, UV_ENFILE.rawValue: self = .tooManyOpenFiles(address)
        default: self = .failed(address, error)
        }
    }
}

extension SocketError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is in use by another process: stop it, choose another port, or give port 0 for a free one"
        case .addressNotAvailable(let address):
            "\(address) is no address of this machine: give one of its own, 0.0.0.0 or [::] for all of them"
        case .permissionDenied(let address):
            "\(address) is not permitted: ports below 1024 need privileges, and a firewall may forbid the connection"
        case .connectionRefused(let address): "nothing listens on \(address), or it refuses connections"
        case .unreachable(let address): "there is no route to \(address): check this machine's network"
        case .timedOut(let address): "\(address) did not answer in time: it is down, or a firewall drops its packets"
        case .tooManyOpenFiles(let address): "no file descriptor is left for \(address): raise the limit (ulimit -n)"
        case .failed(_, let error): error.description
        }
    }
}
