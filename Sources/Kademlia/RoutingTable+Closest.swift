public import Identity
public import Wire

extension RoutingTable {
    /// The peers closest to `target`, nearest first.
    ///
    /// Only as many buckets are looked at as are needed. With `c` the number of leading bits that `target` shares with us, every
    /// peer of bucket `c` is nearer than every peer of the buckets beyond `c`, those are nearer than bucket `c - 1`, and so on down.
    ///
    /// - Parameters:
    ///   - countMax: at most so many are returned.
    ///   - asker: left out, with peers without an address, unless nil: what is told to another peer.
    public func closest(to target: Bytes32, countMax: Int, toldTo asker: PeerID? = nil) -> [Entry] {
        var found: [Entry] = []
        guard countMax > 0 else { return found }
        found.reserveCapacity(countMax)
        let shared = min(bucketIndex(of: target), 255)
        if shared < buckets.count {
            take(shared...shared, target, countMax, asker, &found)
            if shared + 1 < buckets.count { take((shared + 1)...(buckets.count - 1), target, countMax, asker, &found) }
        }
        var index = min(shared, buckets.count) - 1
        while index >= 0, found.count < countMax {
            take(index...index, target, countMax, asker, &found)
            index -= 1
        }
        return found
    }

    /// Appends the peers of some buckets, sorted among themselves, up to `countMax` in all.
    private func take(_ range: ClosedRange<Int>, _ target: Bytes32, _ countMax: Int, _ asker: PeerID?, _ found: inout [Entry]) {
        guard found.count < countMax else { return }
        let start = found.count
        for index in range {
            for entry in buckets[index].entries {
                if let asker, entry.id == asker || entry.addresses.isEmpty { continue }
                found.append(entry)
            }
        }
        found[start...].sort { ($0.key ^ target) < ($1.key ^ target) }
        if found.count > countMax { found.removeSubrange(countMax...) }
    }
}
