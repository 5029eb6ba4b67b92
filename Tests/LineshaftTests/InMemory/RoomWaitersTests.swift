//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RoomWaitersTests {
    /// Starts a wait and returns once it is registered.
    private func begin(
        _ number: Int,
        _ room: RoomWaiters,
        in group: inout ThrowingTaskGroup<Int, any Error>,
        maximumLength: Int = 10
    ) async {
        group.addTask {
            try await room.wait(for: "q", maximumLength: maximumLength)
            return number
        }
        while room.count < number { await Task.yield() }
    }

    @Test
    func `Those who came first go on first, as many as there is room for`() async throws {
        let room = RoomWaiters()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...4 { await begin(number, room, in: &group) }
            room.wake("other", length: 0)
            room.wake("q", length: 10)
            #expect(room.count == 4)
            room.wake("q", length: 8)
            #expect(room.count == 2)
            var gone: Set<Int> = []
            for _ in 0..<2 { if let number = try await group.next() { gone.insert(number) } }
            #expect(gone == [1, 2])
            room.wake("q", length: 0)
            #expect(room.count == 0)
            #expect(room.queues.isEmpty)
        }
    }

    @Test
    func `A waiter for a longer queue does not stand behind one for a shorter`() async throws {
        let room = RoomWaiters()
        try await withThrowingTaskGroup(of: Int.self) { group in
            await begin(1, room, in: &group, maximumLength: 5)
            await begin(2, room, in: &group, maximumLength: 10)
            room.wake("q", length: 7)
            let first = try await group.next()
            #expect(first == 2)
            room.wake("q", length: 4)
            let second = try await group.next()
            #expect(second == 1)
        }
    }

    @Test
    func `Closing fails everybody, then and later`() async throws {
        let room = RoomWaiters()
        let closed = BrokerError(code: .closed, message: "Closed.")
        await withThrowingTaskGroup(of: Int.self) { group in
            await begin(1, room, in: &group)
            room.close(closed)
            let error = await #expect(throws: BrokerError.self) { try await group.next() }
            #expect(error?.code == .closed)
        }
        await #expect(throws: BrokerError.self) { try await room.wait(for: "q", maximumLength: 1) }
    }
}
