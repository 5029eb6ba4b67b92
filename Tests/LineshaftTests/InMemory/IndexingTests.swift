//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct IndexingTests {
    @Test
    func `The slot index agrees with a dictionary, whatever is added and removed`() {
        for seed in UInt64(0)..<20 {
            var random = Xoshiro256(seed: seed)
            var index = SlotIndex(seed: seed)
            var ids: [UInt32: JobID] = [:]
            var model: [JobID: UInt32] = [:]
            var nextSlot: UInt32 = 0
            for _ in 0..<3000 {
                // Few different identifiers and a biased coin make the table grow, shrink and collide.
                let id = JobID(high: random.next() % 4, low: random.next() % 500)
                let found = index.find(index.hash(id)) { ids[$0] == id }
                #expect(found == model[id])
                if let slot = model[id] {
                    index.remove(slot, hash: index.hash(id))
                    model[id] = nil
                    ids[slot] = nil
                } else {
                    index.insert(nextSlot, hash: index.hash(id))
                    model[id] = nextSlot
                    ids[nextSlot] = id
                    nextSlot += 1
                }
                #expect(index.count == model.count)
            }
        }
    }

    @Test
    func `Slots with the same hash are told apart`() {
        var index = SlotIndex()
        for slot in UInt32(0)..<100 { index.insert(slot, hash: 15) }
        for slot in stride(from: UInt32(0), to: 100, by: 2) { index.remove(slot, hash: 15) }
        for slot in UInt32(0)..<100 {
            #expect(index.find(15) { $0 == slot } == (slot % 2 == 0 ? nil : slot))
        }
        index.remove(0, hash: 15)
        #expect(index.count == 50)
    }

    @Test
    func `A slab reuses places and keeps the rest`() {
        var slab = Slab(placeholder: "")
        let slots = (0..<1000).map { slab.insert("\($0)") }
        #expect(Set(slots).count == 1000)
        for slot in slots where slot % 3 == 0 { slab.remove(slot) }
        #expect(slab.count == 666)
        let again = (0..<334).map { slab.insert("again \($0)") }
        #expect(slab.capacity == 1000)
        #expect(Set(again).count == 334)
        #expect(slab[slots[1]] == "1")
    }

    @Test
    func `A time line agrees with a sorted array, whatever is added, removed and read`() {
        for seed in UInt64(0)..<10 {
            var random = Xoshiro256(seed: seed)
            var line = TimeLine()
            var model: [TimeLine.Entry] = []
            for step in 0..<4000 {
                switch random.next() % 10 {
                case 0...5:
                    let time = Int64(random.next() % (seed % 2 == 0 ? 100 : 1_000_000))
                    let entry = TimeLine.Entry(time: time, tie: Int64(step), slot: UInt32(step))
                    line.insert(entry)
                    model.append(entry)
                case 6, 7:
                    guard let entry = model.randomElement(using: &random) else { continue }
                    #expect(line.remove(TimeLine.Entry(time: entry.time, tie: entry.tie)) == true)
                    model.removeAll { $0 == entry }
                default:
                    let first = model.min()
                    #expect(line.popFirst(through: (first?.time ?? 0) - 1) == nil)
                    #expect(line.popFirst(through: .max) == first)
                    model.removeAll { $0 == first }
                }
                #expect(line.count == model.count)
                #expect(line.first == model.min())
            }
            model.sort()
            #expect(line.remove(TimeLine.Entry(time: -1, tie: 0)) == false)
            for cursor in [nil, model.first, model[model.count / 2], TimeLine.Entry(time: -1, tie: 0), model.last] {
                var seen: [TimeLine.Entry] = []
                line.visit(after: cursor) { entry in
                    seen.append(entry)
                    return seen.count < 700
                }
                let expected = model.filter { entry in cursor.map { $0 < entry } ?? true }
                #expect(seen == Array(expected.prefix(700)))
            }
        }
    }
}
