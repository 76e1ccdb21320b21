LabCommand.main()
