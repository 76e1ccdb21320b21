internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import ProofOfRender
internal import RenderModel
internal import SceneIO
internal import Wire

struct ProofCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look for a task's marks in a picture.",
        discussion: """
            Prints the verdicts of the published check (L0) and of the matched filter (L1). Exits 0 where the matched filter finds the \
            marks and 4 where it does not. Marks are an early warning: what was rendered, only the records prove.
            """)

    @Argument(help: ArgumentHelp("A picture: .exr, .png or .jpg, the whole frame or the task's part of it.", valueName: "image"))
    var image: String
    @Option(name: .long, help: ArgumentHelp("The verification key that `proof mark` wrote.", valueName: "file"))
    var secret: String
    @OptionGroup var output: JSONOption

    func run() throws {
        let secret = try readSecret()
        let stored: StoredPicture
        do {
            stored = try StoredPicture(path: image)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        guard let finding = MarkFinding(stored, secret: secret) else {
            let (tile, width, height) = (secret.tile, secret.width, secret.height)
            throw CommandFailure(
                .usage, "\(image) is \(stored.width)x\(stored.height), but the marks are those of \(tile.width)x\(tile.height) pixels",
                advice: width == tile.width && height == tile.height
                    ? "Give the picture in its full size." : "Give the task's part, or the whole frame of \(width)x\(height).")
        }
        let text = MarkText(finding: finding)
        output.print(text.json, text: text.text)
        guard finding.passes else { throw ExitCode(CommandStatus.rejected.rawValue) }
    }

    private func readSecret() throws -> MarkSecret {
        let bytes: [UInt8]
        do {
            bytes = try TextFile.read(secret, sizeMax: MarkSecret.sizeMax)
        } catch {
            throw CommandFailure(.usage, "\(secret): \(error.problem)", advice: "`node proof mark` writes it")
        }
        do {
            return try MarkSecret(encoded: bytes)
        } catch {
            throw CommandFailure(
                .usage, "\(secret) is no verification key, or it is damaged (\(error))", advice: "`node proof mark` writes it")
        }
    }
}

extension MarkFinding {
    /// Nil where the picture is neither the task's part nor the whole frame.
    init?(_ stored: StoredPicture, secret: MarkSecret) {
        let (size, tile) = ((UInt32(stored.width), UInt32(stored.height)), secret.tile)
        let area: Tile
        if size == (tile.width, tile.height) {
            area = tile
        } else if size == (secret.width, secret.height) {
            area = Tile(x: 0, y: 0, width: secret.width, height: secret.height)
        } else {
            return nil
        }
        switch stored {
        case .linear(let image):
            guard let picture = FloatPicture(tile: area, pixels: image.pixels) else { return nil }
            self.init(picture, secret: secret)
        case .encoded(_, _, let pixels):
            guard let picture = EncodedPicture(tile: area, pixels: pixels) else { return nil }
            self.init(picture, secret: secret)
        }
    }
}
