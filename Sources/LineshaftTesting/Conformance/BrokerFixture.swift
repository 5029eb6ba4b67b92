//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// What a broker's tests hand to the conformance suite: new brokers, and power over their time.
public protocol BrokerFixture: Sendable {
    /// The clock that workers and submitters of the suite go by. It moves together with the broker's time.
    var clock: VirtualClock { get }

    /// Makes a broker that is open and holds nothing. Called once for each case.
    ///
    /// - Returns: The broker.
    /// - Throws: Whatever kept it from being made.
    func makeBroker() async throws -> any Broker

    /// Moves the broker's time and ``clock`` forward.
    ///
    /// - Parameter duration: How far.
    /// - Throws: Whatever kept the time from being moved.
    func advance(by duration: Duration) async throws

    /// Sets the wall clock of the broker and of ``clock``, without any time passing.
    ///
    /// - Parameter duration: How far; less than zero sets it back.
    /// - Returns: Whether this broker's wall clock can be set; if not, the cases about it are left out.
    /// - Throws: Whatever kept the time from being set.
    func jumpWallClock(by duration: Duration) async throws -> Bool

    /// Waits until the broker has answered every call made so far, and what it pushed has arrived.
    ///
    /// Called before time is moved, so that it does not run ahead of what happens. Brokers that answer without threads or
    /// sockets of their own need do nothing.
    ///
    /// - Returns: Whether anything was under way since the last call, so that more may follow from it.
    /// - Throws: Whatever kept it from finding out.
    func settleDown() async throws -> Bool
}

extension BrokerFixture {
    /// Returns at once, for nothing is ever under way.
    public func settleDown() async throws -> Bool { false }
}

/// What a result store's tests hand to the conformance suite.
public protocol ResultStoreFixture: Sendable {
    /// The clock that the suite goes by. It moves together with the store's time.
    var clock: VirtualClock { get }

    /// Makes a store that is open and holds nothing. Called once for each case.
    ///
    /// - Returns: The store.
    /// - Throws: Whatever kept it from being made.
    func makeStore() async throws -> any ResultStore

    /// Moves the store's time and ``clock`` forward.
    ///
    /// - Parameter duration: How far.
    /// - Throws: Whatever kept the time from being moved.
    func advance(by duration: Duration) async throws
}
