//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension BrokerAdapter {
    /// Opens `memory:`, a new in-memory broker for each system.
    package static var memory: BrokerAdapter {
        BrokerAdapter(schemes: ["memory"]) { _, _ in
            throw BrokerError(code: .unsupported, message: "The in-memory broker has not landed yet.")
        }
    }
}
