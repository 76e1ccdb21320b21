public import Crypto
public import Identity
internal import NodeRuntime

/// A key file on disk: mode 0600, encrypted unless the operator said otherwise.
public struct NodeKey {
    public let path: String
    private let file: [UInt8]
    public let peer: PeerID
    public let isEncrypted: Bool

    public static let keepAdvice = "Move it away first: a key that is lost is lost for ever."
    /// Far more than any key file has.
    private static let sizeMax = 4096

    /// - Throws: where the file is missing, open to others, or no key file.
    public init(reading path: String) throws {
        try PrivateFile.check(path)
        do throws(FileError) {
            file = try TextFile.read(path, sizeMax: NodeKey.sizeMax)
        } catch {
            throw CommandFailure(.failed, error.description, advice: error.isMissing ? "Make a key with: node key new" : "")
        }
        do throws(KeyFile.Failure) {
            peer = PeerID(ed25519: try KeyFile.publicKey(in: file))
            isEncrypted = try KeyFile.isEncrypted(file)
        } catch {
            throw NodeKey.failure(error, path)
        }
        self.path = path
    }

    /// What opens the file; nil where it is not encrypted. Asks where no file is given.
    public func password(file passwordFile: String?) throws -> [UInt8]? {
        isEncrypted ? try Password.obtain(file: passwordFile, purpose: "password of \(path)", isNew: false) : nil
    }

    public func open(password: [UInt8]?) throws -> KeyPair {
        do throws(KeyFile.Failure) {
            return try KeyFile.open(file, passphrase: password)
        } catch {
            throw NodeKey.failure(error, path)
        }
    }

    /// - Parameters:
    ///   - password: nil leaves the key open to whoever can read the file.
    ///   - replacing: false refuses to overwrite.
    public static func write(_ keyPair: KeyPair, to path: String, password: [UInt8]?, replacing: Bool) throws {
        var bytes = KeyFile.plain(keyPair)
        if let password {
            guard let sealed = KeyFile.encrypted(keyPair, passphrase: password, entropy: Entropy.bytes(40)) else {
                throw CommandFailure(.failed, "\(path): there is not enough memory to encrypt the key")
            }
            bytes = sealed
        }
        do throws(FileError) {
            try TextFile.write(bytes, to: path, mode: 0o600, replacing: replacing)
        } catch {
            throw CommandFailure(.failed, error.description, advice: error.isTaken ? NodeKey.keepAdvice : "")
        }
    }

    private static func failure(_ failure: KeyFile.Failure, _ path: String) -> CommandFailure {
        switch failure {
        case .unknownFormat: CommandFailure(.failed, "\(path) is no key file of this or an earlier version")
        case .damaged: CommandFailure(.failed, "\(path) is damaged", advice: "Restore it from a backup made with: node key export")
        case .passphraseNeeded: CommandFailure(.failed, "\(path) is encrypted", advice: "Give its password with --password-file.")
        case .wrongPassphrase:
            CommandFailure(
                .failed, "\(path): the password is wrong", advice: "Try again, or give the file that holds it with --password-file.")
        case .costRefused: CommandFailure(.failed, "\(path) asks for more memory or time to open than this machine gives")
        }
    }
}
