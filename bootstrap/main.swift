internal import Console

Program.main(BootstrapCommand.self)
