import Console

Program.main(DishonestNodeCommand.self)
