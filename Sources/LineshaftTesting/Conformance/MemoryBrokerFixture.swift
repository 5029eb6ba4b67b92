//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// In-memory brokers on a virtual clock.
public struct MemoryBrokerFixture: BrokerFixture {
    /// The clock of everything that the fixture makes.
    public let clock: VirtualClock
    private let configuration: MemoryBroker.Configuration

    /// Creates a fixture.
    ///
    /// - Parameters:
    ///   - clock: The clock of everything that it makes.
    ///   - configuration: The limits of the brokers.
    public init(
        clock: VirtualClock = VirtualClock(),
        configuration: MemoryBroker.Configuration = MemoryBroker.Configuration()
    ) {
        self.clock = clock
        self.configuration = configuration
    }

    /// Makes an empty broker.
    ///
    /// - Returns: The broker.
    public func makeBroker() async -> any Broker {
        MemoryBroker(clock: clock, configuration: configuration)
    }

    /// Moves the clock forward.
    ///
    /// - Parameter duration: How far.
    public func advance(by duration: Duration) async {
        clock.advance(by: duration)
    }

    /// Sets the clock's wall time.
    ///
    /// - Parameter duration: How far; less than zero sets it back.
    /// - Returns: `true`.
    public func jumpWallClock(by duration: Duration) async -> Bool {
        clock.jump(by: duration)
        return true
    }
}

/// In-memory result stores on a virtual clock.
public struct MemoryResultStoreFixture: ResultStoreFixture {
    /// The clock of everything that the fixture makes.
    public let clock: VirtualClock

    /// Creates a fixture.
    ///
    /// - Parameter clock: The clock of everything that it makes.
    public init(clock: VirtualClock = VirtualClock()) {
        self.clock = clock
    }

    /// Makes an empty store.
    ///
    /// - Returns: The store.
    public func makeStore() async -> any ResultStore {
        MemoryResultStore(clock: clock)
    }

    /// Moves the clock forward.
    ///
    /// - Parameter duration: How far.
    public func advance(by duration: Duration) async {
        clock.advance(by: duration)
    }
}

/// The results of in-memory brokers, which are stores as well.
public struct MemoryBrokerResultsFixture: ResultStoreFixture {
    /// The clock of everything that the fixture makes.
    public let clock: VirtualClock

    /// Creates a fixture.
    ///
    /// - Parameter clock: The clock of everything that it makes.
    public init(clock: VirtualClock = VirtualClock()) {
        self.clock = clock
    }

    /// Makes an empty broker.
    ///
    /// - Returns: The broker.
    public func makeStore() async -> any ResultStore {
        MemoryBroker(clock: clock)
    }

    /// Moves the clock forward.
    ///
    /// - Parameter duration: How far.
    public func advance(by duration: Duration) async {
        clock.advance(by: duration)
    }
}
