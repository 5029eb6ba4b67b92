//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A script, by name.
package enum StorageScript: String, Sendable, Hashable, CaseIterable {
    case enqueue
    case turn
    case extend
    case cancel
    case find
    case page
    case counts
    case configure
    case retry
    case outcomes
    case record
    case withdraw
    case report
    case steps
    case room
    case leave
    case workers
    case check
    case schedules
    case fire
    case fireFlow
    case flowCreate
    case flowAppend
    case flowWhole
    case flow
    case flowRead
    case flowEndings
    case hasten
    case tenants

    /// What scripts take the time from.
    package enum Clock: Sendable, Hashable {
        /// The server's own clock.
        case server
        /// Microseconds in a key, for tests that move time. Not for a cluster, where a script reaches no such key.
        case key(String)
    }

    /// The script's text, of which the server knows the digest.
    package func source(clock: Clock = .server) -> String {
        let time =
            switch clock {
            case .server: Lua.serverClock
            case .key(let key): Lua.clock(key: key)
            }
        let rest = [Lua.flowTelling, Lua.allowance, Lua.endings, Lua.groups, Lua.lines, Lua.places, Lua.time]
        let parts: [String] =
            switch self {
            case .enqueue:
                [Lua.names, Lua.partForms, Lua.jobs, Lua.plainEnqueue, time, Lua.base] + rest + [Lua.enqueue]
            case .turn: [Lua.names, Lua.partForms, Lua.jobs, time, Lua.base, Lua.plainTurn] + rest + [Lua.turn]
            case .find, .page: [Lua.names, Lua.partForms, Lua.jobs, time, Lua.base] + rest + [Lua.describe, own]
            case .workers, .schedules: [time, own]
            case .fire: [Lua.fire(enqueue: StorageScript.enqueue.source(clock: clock))]
            case .check: [own]
            case .flowAppend: [Lua.names, own]
            case .flowCreate: [Lua.names, time, own]
            case .flowWhole:
                [Lua.names, time, Lua.flowWhole, Lua.flowBase, Lua.flowRules, Lua.flowRestart, Lua.flow]
            case .flow: [Lua.names, time, Lua.flowBase, Lua.flowRules, Lua.flowRestart, own]
            case .fireFlow: [Lua.names, time, Lua.fireFlow]
            case .flowRead: [Lua.names, time, Lua.flowBase, own]
            default: [Lua.names, Lua.partForms, Lua.jobs, time, Lua.base] + rest + [own]
            }
        return parts.joined(separator: "\n") + "\n"
    }

    private var own: String {
        switch self {
        case .enqueue: Lua.enqueue
        case .turn: Lua.turn
        case .extend: Lua.extend
        case .cancel: Lua.cancel
        case .find: Lua.find
        case .page: Lua.page
        case .counts: Lua.counts
        case .configure: Lua.configure
        case .retry: Lua.retry
        case .outcomes: Lua.outcomes
        case .record: Lua.record
        case .withdraw: Lua.withdraw
        case .report: Lua.report
        case .steps: Lua.steps
        case .room: Lua.room
        case .leave: Lua.leave
        case .workers: Lua.workers
        case .check: Lua.check
        case .schedules: Lua.schedules
        case .fire, .fireFlow, .flowWhole: ""
        case .flowCreate: Lua.flowCreate
        case .flowAppend: Lua.flowAppend
        case .flow: Lua.flow
        case .flowRead: Lua.flowRead
        case .flowEndings: Lua.flowEndings
        case .hasten: Lua.hasten
        case .tenants: Lua.tenants
        }
    }
}
