// SimulationEngine
