//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Synchronization

/// What a scenario has come to.
final class Report: Sendable {
    /// A number that a scenario has measured.
    struct Figure: Encodable, Sendable {
        let name: String
        var value: Double
        let unit: String
    }

    private struct State {
        var figures: [Figure] = []
        var remarks: [String] = []
        var violations: [String] = []
        var events: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// Counts something that was done to the system.
    func count(_ event: String) {
        state.withLock { $0.events[event, default: 0] += 1 }
    }

    /// Notes a measured value, or adds it to one of the same name.
    func note(_ name: String, _ value: Double, _ unit: String) {
        state.withLock { state in
            if let index = state.figures.firstIndex(where: { $0.name == name }) {
                state.figures[index].value += value
            } else {
                state.figures.append(Figure(name: name, value: value, unit: unit))
            }
        }
    }

    /// Notes something for people.
    func remark(_ text: String) {
        state.withLock { $0.remarks.append(text) }
    }

    /// Notes a broken promise.
    func violation(_ text: String) {
        state.withLock { $0.violations.append(text) }
    }

    /// Notes a broken promise unless something holds.
    func require(_ condition: Bool, _ text: @autoclosure () -> String) {
        if !condition { violation(text()) }
    }

    var figures: [Figure] { state.withLock { $0.figures } }
    var remarks: [String] { state.withLock { $0.remarks } }
    var violations: [String] { state.withLock { $0.violations } }

    /// What has been done, as “3 kills, 1 restart”.
    var events: String {
        state.withLock { state in
            state.events.sorted { $0.key < $1.key }.map { "\($0.value.grouped) × \($0.key)" }.joined(separator: ", ")
        }
    }

    var eventCounts: [String: Int] { state.withLock { $0.events } }
}

/// Why a scenario cannot be run here.
struct Skipped: Error, CustomStringConvertible {
    let description: String
}
