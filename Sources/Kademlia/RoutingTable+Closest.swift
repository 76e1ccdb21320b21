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
        places(closestTo: target, countMax: countMax, toldTo: asker).map { entries[$0.slot] }
    }

    /// Where one of the closest stands.
    struct Place {
        /// First word of its distance.
        let distance: UInt64
        let slot: Int
    }

    func places(closestTo target: Bytes32, countMax: Int, toldTo asker: PeerID?) -> [Place] {
        var search = Search(target: target, countMax: countMax, toldTo: asker, asker: asker.flatMap { slot(of: $0) })
        guard countMax > 0 else { return [] }
        search.found.reserveCapacity(min(countMax, count))
        let shared = min(bucketIndex(of: target), 255)
        if shared < ends.count {
            take(bucket(shared), &search)
            take(bucket(shared).upperBound..<count, &search)
        }
        var index = min(shared, ends.count) - 1
        while index >= 0, search.found.count < countMax {
            take(bucket(index), &search)
            index -= 1
        }
        return search.found
    }

    private struct Search {
        let target: Bytes32
        let countMax: Int
        let isTold: Bool
        /// Slot of who is told.
        let asker: Int?
        var found: [Place] = []

        init(target: Bytes32, countMax: Int, toldTo peer: PeerID?, asker: Int?) {
            self.target = target
            self.countMax = countMax
            isTold = peer != nil
            self.asker = asker
        }
    }

    /// Appends the places of some slots, sorted among themselves, up to `countMax` in all. What is found already is nearer.
    private func take(_ slots: Range<Int>, _ search: inout Search) {
        let start = search.found.count
        guard start < search.countMax else { return }
        for slot in slots where slot != search.asker {
            let place = Place(distance: heads[slot] ^ search.target.words.0, slot: slot)
            if search.found.count == search.countMax, !isNearer(place, search.found[search.countMax - 1], search.target) { continue }
            if search.isTold, entries[slot].addresses.isEmpty { continue }
            if search.found.count == search.countMax { search.found.removeLast() }
            search.found.append(place)
            // A bucket has tens of peers, of which all or nearly all are wanted: moving them up costs less than a sort that could more.
            var index = search.found.count - 1
            while index > start, isNearer(place, search.found[index - 1], search.target) {
                search.found[index] = search.found[index - 1]
                index -= 1
            }
            search.found[index] = place
        }
    }

    private func isNearer(_ a: Place, _ b: Place, _ target: Bytes32) -> Bool {
        if a.distance != b.distance { return a.distance < b.distance }
        return entries[a.slot].key ^ target < entries[b.slot].key ^ target
    }
}
