//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// The keys of one workflow, all in one slot.
package struct WorkflowKeys: Sendable, Hashable {
    private static let parts = [
        "info", "nodes", "outcomes", "beside", "joins", "active", "held", "failed", "stops",
    ]

    /// The numbers, as scripts know them, of the keys that are filled.
    enum Part: Int {
        case info = 1
        case nodes = 2
    }

    /// The field of a part in what is known of the whole.
    static func field(ofRegion index: Int) -> [UInt8] { Array("r\(index)".utf8) }

    /// The keys, in the order in which scripts know them.
    package let keys: StorageKeys

    /// The keys of a workflow.
    package init(_ id: JobID, prefix: String) {
        keys = StorageKeys(Self.parts.map { Array("\(prefix)workflow:{\(id)}:\($0)".utf8) })
    }
}
