import Console

Program.main(LabCommand.self)
