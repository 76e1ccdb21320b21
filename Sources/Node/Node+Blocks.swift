import Determinism
import Identity
import LibP2P
import Roles
import Wire

extension Node {
    mutating func blockRead(_ token: BlockToken, _ bytes: [UInt8]?, now: Instant, emit: inout [NodeEffect]) {
        guard let want = blockWants.finishReading(token) else { return }
        _ = blockWants.remove(want.id)
        tellOwner(of: want.id.value, .block(want.id, bytes), now: now, emit: &emit)
    }
}
