import ArgumentParser

AttackCommand.main()
