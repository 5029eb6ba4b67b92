//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Which node of a Cluster has which keys, as far as it is known.
package struct SlotMap: Sendable {
    /// Why an answer to `CLUSTER SLOTS` cannot be used.
    package struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The number of no node.
    private static let nobody = UInt16.max

    private var owners = [UInt16](repeating: nobody, count: ClusterSlot.count)
    private var nodes: [RedisAddress] = []
    private var numbers: [RedisAddress: UInt16] = [:]

    /// Knows nothing yet.
    package init() {}

    /// Reads the answer to `CLUSTER SLOTS`.
    ///
    /// - Parameters:
    ///   - reply: The answer.
    ///   - asked: The node that gave it: a node that does not know its own name leaves it out.
    /// - Throws: ``Malformed`` that says what is wrong with it.
    package init(clusterSlots reply: RESPValue, asked: RedisAddress) throws(Malformed) {
        guard case .array(let ranges) = reply else {
            throw Malformed(description: "The answer to CLUSTER SLOTS is \(reply.kind).")
        }
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer,
                first >= 0, first <= last, last < ClusterSlot.count
            else { throw Malformed(description: "A range in the answer to CLUSTER SLOTS is no range of slots.") }
            // The first node is the master, those after it are its replicas.
            guard let node = parts[2].elements, node.count >= 2, let port = node[1].integer, (1...65535).contains(port),
                node[0].isNull || node[0].text != nil
            else { throw Malformed(description: "A node in the answer to CLUSTER SLOTS has no address.") }
            let host = node[0].text ?? ""
            let owner = number(of: Redirection.address(host: host, port: Int(port), asked: asked))
            for slot in Int(first)...Int(last) { owners[slot] = owner }
        }
    }

    /// The same, if any node owns anything.
    package func checked() throws(Malformed) -> SlotMap {
        guard uncovered < ClusterSlot.count else {
            throw Malformed(description: "No node of the Cluster has slots yet. Finish setting it up.")
        }
        return self
    }

    /// The masters that own anything, in the order in which they were met.
    package var masters: [RedisAddress] {
        var owns = [Bool](repeating: false, count: nodes.count)
        for owner in owners where owner != Self.nobody { owns[Int(owner)] = true }
        return zip(nodes, owns).filter { $0.1 }.map { $0.0 }
    }

    /// How many slots nobody is known to own.
    package var uncovered: Int { owners.count { $0 == Self.nobody } }

    /// The node that has a slot, or `nil` when none is known to.
    package subscript(slot: ClusterSlot) -> RedisAddress? {
        let owner = owners[slot.number]
        return owner == Self.nobody ? nil : nodes[Int(owner)]
    }

    /// A node said that a slot is elsewhere.
    package mutating func move(_ slot: ClusterSlot, to address: RedisAddress) {
        owners[slot.number] = number(of: address)
    }

    private mutating func number(of address: RedisAddress) -> UInt16 {
        if let number = numbers[address] { return number }
        // A Cluster has at most as many masters as slots; more were met over the years.
        if nodes.count >= ClusterSlot.count { compact() }
        let number = UInt16(nodes.count)
        nodes.append(address)
        numbers[address] = number
        return number
    }

    /// Forgets the nodes that own nothing.
    private mutating func compact() {
        let kept = masters
        var numbers: [RedisAddress: UInt16] = [:]
        for (index, node) in kept.enumerated() { numbers[node] = UInt16(index) }
        owners = owners.map { owner in
            owner == Self.nobody ? owner : numbers[nodes[Int(owner)]] ?? Self.nobody
        }
        nodes = kept
        self.numbers = numbers
    }
}
