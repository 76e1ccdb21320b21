internal import Console

@main
enum Main {
    static func main() { Program.main(NodeCommand.self) }
}
