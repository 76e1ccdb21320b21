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
        places(closestTo: target, countMax: countMax, asker).map { buckets[$0.bucket].entries[$0.slot] }
    }

    /// Where an entry stands, sorted in its place: an entry is three times as large.
    struct Place {
        let distance: Bytes32
        let bucket: Int
        let slot: Int
    }

    func places(closestTo target: Bytes32, countMax: Int, _ asker: PeerID?) -> [Place] {
        var found: [Place] = []
        guard countMax > 0 else { return found }
        found.reserveCapacity(2 * bucketSize)
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

    /// Appends the places of some buckets, sorted among themselves, up to `countMax` in all.
    private func take(_ range: ClosedRange<Int>, _ target: Bytes32, _ countMax: Int, _ asker: PeerID?, _ found: inout [Place]) {
        guard found.count < countMax else { return }
        let start = found.count
        for bucket in range {
            for slot in buckets[bucket].entries.indices {
                if let asker, buckets[bucket].entries[slot].id == asker || buckets[bucket].entries[slot].addresses.isEmpty { continue }
                found.append(Place(distance: buckets[bucket].entries[slot].key ^ target, bucket: bucket, slot: slot))
            }
        }
        found[start...].sort { $0.distance < $1.distance }
        if found.count > countMax { found.removeSubrange(countMax...) }
    }
}
