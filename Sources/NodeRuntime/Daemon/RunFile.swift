public import Identity
internal import Glibc
public import Wire

/// Tells the verbs of a data directory where its running node is. The directory's lock, not this file, says whether it runs.
public struct RunFile: Equatable, Sendable {
    public var processID: Int
    public var peer: PeerID
    /// On loopback, as a rule.
    public var address: Multiaddr
    /// First part of the protocol ids.
    public var prefix: String

    private static let sizeMax = 4096

    public init(processID: Int, peer: PeerID, address: Multiaddr, prefix: String) {
        self.processID = processID
        self.peer = peer
        self.address = address
        self.prefix = prefix
    }

    public var text: String {
        JSON.object([
            "pid": .whole(processID), "peer": .text(peer.description), "address": .text(address.description), "prefix": .text(prefix),
        ]).text + "\n"
    }

    /// Nil where the bytes are no such file.
    public init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes, sizeMax: RunFile.sizeMax), let pid = json["pid"]?.int,
            let peer = json["peer"]?.string.flatMap({ PeerID($0) }), let address = json["address"]?.string.flatMap({ Multiaddr($0) }),
            let prefix = json["prefix"]?.string
        else { return nil }
        self.init(processID: pid, peer: peer, address: address, prefix: prefix)
    }

    public func write(_ places: Places) throws(DaemonError) {
        do throws(FileError) {
            try TextFile.write(Array(text.utf8), to: places.runFile, mode: 0o600)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    public static func remove(_ places: Places) { unlink(places.runFile) }

    /// - Throws: `unreachable` where no node runs on the directory.
    public static func read(_ places: Places) throws(DaemonError) -> RunFile {
        if let bytes = try? TextFile.read(places.runFile, sizeMax: sizeMax), let file = RunFile(bytes) { return file }
        throw DaemonError(
            .unreachable, "no node is running on \(places.data)",
            advice: "Start it with node --role …, or name another directory with --data.")
    }
}
