public import ArgumentParser
internal import NodeRuntime

/// The password of a key that exists.
public struct PasswordOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Read the password from the first line of FILE.", valueName: "file"))
    public var passwordFile: String?

    public init() {}

    /// The file that the flag names, or else the configuration; nil asks.
    public func file(_ data: DataOptions) throws -> String? {
        if let passwordFile { return passwordFile }
        let configured = try data.configuration().configuration.passwordFile
        return configured.isEmpty ? nil : configured
    }
}

/// The password of a key that is being made.
public struct NewPasswordOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Read the new key's password from the first line of FILE.", valueName: "file"))
    public var passwordFile: String?
    @Flag(name: .long, help: "Leave the key open to whoever can read its file.")
    public var noPassword = false

    public init() {}

    public func validate() throws {
        if noPassword, passwordFile != nil { throw ValidationError("--password-file and --no-password exclude each other") }
    }

    /// Nil where none is wanted.
    public func obtain(purpose: String) throws -> [UInt8]? {
        noPassword ? nil : try Password.obtain(file: passwordFile, purpose: purpose, isNew: true)
    }
}

/// The password that takes another's place, where the old one is asked for too.
public struct ReplacementPasswordOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Read the new password from the first line of FILE.", valueName: "file"))
    public var newPasswordFile: String?
    @Flag(name: .long, help: "Leave the result open to whoever can read its file.")
    public var noPassword = false

    public init() {}

    public func validate() throws {
        if noPassword, newPasswordFile != nil { throw ValidationError("--new-password-file and --no-password exclude each other") }
    }

    public func obtain(purpose: String) throws -> [UInt8]? {
        noPassword ? nil : try Password.obtain(file: newPasswordFile, purpose: purpose, isNew: true)
    }
}
