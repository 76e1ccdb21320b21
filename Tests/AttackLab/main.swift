import ArgumentParser

LabCommand.main()
