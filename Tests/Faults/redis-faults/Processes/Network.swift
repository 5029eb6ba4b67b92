//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// A network namespace with one cable to this machine.
struct Network: Sendable {
    /// This machine's address, as the namespace sees it.
    let host: String
    private let space: String
    private let cable: String
    private let household: Household

    /// - Parameter household: What takes it down again.
    /// - Throws: ``Skipped`` where that is not allowed.
    init(of household: Household) throws {
        let number = Int(getpid()) % 60_000
        (space, cable) = ("lineshaft-\(getpid())", "lsf\(number)")
        // Of the addresses for benchmarks of networks (RFC 2544), which nobody uses.
        let net = "198.18.\(number / 256)"
        let base = number % 64 * 4
        host = "\(net).\(base + 1)"
        self.household = household
        guard geteuid() == 0 else { throw Skipped(description: "A network namespace can be made by root only.") }
        do {
            try household.run(["ip", "netns", "add", space])
        } catch {
            throw Skipped(description: "No network namespace can be made here: \(error)")
        }
        undo(["ip", "netns", "del", space])
        do {
            // Some containers may make a namespace and no cable into it.
            try household.run(["ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space])
            undo(["ip", "link", "del", cable])
            try household.run(["ip", "addr", "add", "\(host)/30", "dev", cable])
            try household.run(["ip", "-n", space, "addr", "add", "\(net).\(base + 2)/30", "dev", "eth0"])
            try household.run(["ip", "-n", space, "link", "set", "eth0", "up"])
            try connect()
        } catch {
            throw Skipped(description: "No cable can be laid into a network namespace here: \(error)")
        }
    }

    private func undo(_ command: [String]) {
        household.undo { [household] in
            do {
                try household.run(command)
            } catch {
                Talk.error("What was made for the scenario is still there: \(error)")
            }
        }
    }

    /// What a command line begins with to be run in the namespace.
    var prefix: [String] { ["ip", "netns", "exec", space] }

    /// Plugs the cable in.
    func connect() throws {
        try household.run(["ip", "link", "set", cable, "up"])
    }

    /// Pulls the cable.
    func disconnect() throws {
        try household.run(["ip", "link", "set", cable, "down"])
    }
}
