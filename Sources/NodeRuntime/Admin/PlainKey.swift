public import Crypto
internal import Glibc

/// Key files without a password: for keys that a process must open by itself. Mode 0600, or refused.
public enum PlainKey {
    private static let sizeMax = 4096

    /// Reads the key, or makes it where there is none.
    public static func obtain(_ path: String) throws(DaemonError) -> KeyPair {
        if let existing = try read(path) { return existing }
        let keyPair = KeyPair.generate()
        do throws(FileError) {
            try TextFile.write(KeyFile.plain(keyPair), to: path, mode: 0o600, replacing: false)
            return keyPair
        } catch {
            // Another process was faster: its key is as good.
            if let existing = try read(path) { return existing }
            throw DaemonError(.failed, "\(error)")
        }
    }

    /// Refuses a secret that others may read. False where there is no file.
    @discardableResult
    static func refuseOpen(_ path: String) throws(DaemonError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        guard status.st_mode & 0o077 == 0 else {
            throw DaemonError(
                .failed, "\(path): others may read it (mode \(String(status.st_mode & 0o777, radix: 8)))", advice: "Run: chmod 600 \(path)")
        }
        return true
    }

    /// Nil where there is no file.
    public static func read(_ path: String) throws(DaemonError) -> KeyPair? {
        guard try refuseOpen(path) else { return nil }
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try TextFile.read(path, sizeMax: sizeMax)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        do throws(KeyFile.Failure) {
            return try KeyFile.open(bytes, passphrase: nil)
        } catch {
            throw DaemonError(.failed, "\(path) is no key file that can be opened (\(error))", advice: "Move it away: a new one is made.")
        }
    }
}
