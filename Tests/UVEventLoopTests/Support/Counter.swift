//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import UVEventLoop

/// An actor on a loop that counts, from wherever it is told to.
actor Counter {
    nonisolated let loop: UVEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private(set) var count = 0
    let stream: UVStream
    let timer: UVTimer

    init(on loop: UVEventLoop) {
        self.loop = loop
        stream = UVStream(on: loop)
        timer = UVTimer(on: loop)
    }

    func increment() {
        precondition(loop.isCurrent)
        count += 1
    }

    /// Adds what another actor has counted.
    func add(_ other: Counter) async {
        count += await other.count
    }

    func run<Value: Sendable>(_ body: @Sendable (isolated Counter) async throws -> Value) async rethrows -> Value {
        try await body(self)
    }
}
