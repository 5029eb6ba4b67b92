//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension BrokerAdapter {
    /// Opens `memory:`: a new in-memory broker for each system.
    ///
    /// It lives and dies with the process.
    public static let memory = BrokerAdapter(schemes: ["memory"]) { url, environment in
        guard url.lowercased() == "memory:" || url.lowercased() == "memory://" else {
            throw ConfigurationError(
                code: .invalidURL,
                message: "The URL of the in-memory broker is `memory:`, with nothing behind it."
            )
        }
        return BrokerConnection(
            broker: MemoryBroker(clock: environment.clock, configuration: .init(retention: environment.resultRetention))
        )
    }
}
