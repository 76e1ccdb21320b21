import Console

Program.main(DishonestWorkerCommand.self)
