//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Logging

extension BrokerAdapter {
    /// Opens Redis and Valkey: `redis:`, `rediss:`, `redis+unix:`, `redis+sentinel:` and `redis+cluster:`, each described in
    /// the manual's page on Redis.
    public static let redis = BrokerAdapter(schemes: RedisConfiguration.schemes) { url, environment in
        let broker = try RedisBroker(
            RedisConfiguration(url: url),
            retention: environment.resultRetention,
            clock: environment.clock,
            logger: environment.logger
        )
        do throws(BrokerError) {
            try await broker.connect()
        } catch {
            await broker.shutdown()
            throw error
        }
        return BrokerConnection(broker: broker)
    }
}
