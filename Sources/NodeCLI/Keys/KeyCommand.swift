internal import ArgumentParser
internal import Console
internal import Crypto
internal import Identity
internal import NodeRuntime
internal import Wire

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, show, move and protect the node's key.",
        discussion: "The key is the node's identity. It is kept encrypted, and its password comes from a file or a prompt.",
        subcommands: [New.self, Show.self, Export.self, Import.self, ChangePassword.self])

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key; never overwrites one.")
        @OptionGroup var data: DataOptions
        @OptionGroup var password: NewPasswordOptions
        @OptionGroup var output: JSONOption

        func run() throws {
            let path = try data.places().key
            try refuseExisting(path)
            let keyPair = KeyPair.generate()
            let password = try password.obtain(purpose: "password for the new key")
            try TextFile.makeDirectory(try data.places().data, mode: 0o700)
            try NodeKey.write(keyPair, to: path, password: password, replacing: false)
            try output.print(key: NodeKey(reading: path))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the public part; asks for no password.")
        @OptionGroup var data: DataOptions
        @OptionGroup var output: JSONOption

        func run() throws { try output.print(key: NodeKey(reading: try data.places().key)) }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a copy of the key, under a password of its own.")
        @OptionGroup var data: DataOptions
        @OptionGroup var current: PasswordOptions
        @OptionGroup var copy: ReplacementPasswordOptions
        @Argument(help: "The file to write; it must not exist.") var file: String

        func run() throws {
            try refuseExisting(file)
            let key = try NodeKey(reading: try data.places().key)
            let keyPair = try key.open(password: try key.password(file: try current.file(data)))
            try NodeKey.write(keyPair, to: file, password: try copy.obtain(purpose: "password for the copy"), replacing: false)
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take over a key file, which keeps its password; never overwrites a key.")
        @OptionGroup var data: DataOptions
        @OptionGroup var current: PasswordOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The key file to take over.") var file: String

        func run() throws {
            let places = try data.places()
            try refuseExisting(places.key)
            let source = try NodeKey(reading: file)
            let password = try source.password(file: try current.file(data))
            let keyPair = try source.open(password: password)
            try TextFile.makeDirectory(places.data, mode: 0o700)
            try NodeKey.write(keyPair, to: places.key, password: password, replacing: false)
            try output.print(key: NodeKey(reading: places.key))
        }
    }

    struct ChangePassword: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "passwd", abstract: "Change the password of the key.")
        @OptionGroup var data: DataOptions
        @OptionGroup var current: PasswordOptions
        @OptionGroup var replacement: ReplacementPasswordOptions

        func run() throws {
            let key = try NodeKey(reading: try data.places().key)
            let keyPair = try key.open(password: try key.password(file: try current.file(data)))
            let password = try replacement.obtain(purpose: "new password of the key")
            try NodeKey.write(keyPair, to: key.path, password: password, replacing: true)
        }
    }
}

/// Before anybody types a password for nothing.
private func refuseExisting(_ path: String) throws {
    guard TextFile.exists(path) else { return }
    throw CommandFailure(.failed, "\(path) exists already", advice: NodeKey.keepAdvice)
}

extension JSONOption {
    func print(key: NodeKey) {
        let publicKey = key.peer.ed25519Key?.description ?? ""
        print(
            .object([
                "peer": .text(key.peer.description), "public_key": .text(publicKey), "file": .text(key.path),
                "encrypted": .boolean(key.isEncrypted),
            ]),
            text: """
                peer\t\(key.peer)
                public key\t\(publicKey)
                file\t\(key.path)
                encrypted\t\(key.isEncrypted ? "yes" : "no")
                """)
    }
}
