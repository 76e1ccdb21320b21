import Testing

@testable import Determinism
