//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft
internal import Logging
internal import UVEventLoop

extension RedisBroker {
    /// Listens to a channel, and suspends until nothing that is published there is missed.
    func listen(to channel: [UInt8]) async throws(BrokerError) {
        guard let listener else { throw Self.notConnected }
        listener.listen(to: channel)
        if listener.isEstablished(channel) { return }
        let waiter = Waiter<Void>()
        channelWaiters[channel, default: []].append(waiter)
        defer {
            channelWaiters[channel]?.removeAll { $0 === waiter }
            if channelWaiters[channel]?.isEmpty == true { channelWaiters[channel] = nil }
        }
        try await wait(for: waiter, within: configuration.commandTimeout)
    }

    private static let notConnected = BrokerError(
        code: .unavailable,
        message: "This connection to Redis has not been opened yet."
    )

    /// Suspends until a waiter is resumed that others know of already.
    ///
    /// - Parameters:
    ///   - waiter: The waiter.
    ///   - limit: How long to wait at most; `nil` waits as long as it takes.
    /// - Throws: What the waiter is resumed with, and ``/Lineshaft/BrokerError`` with the code `unavailable` after the limit or
    ///   `cancelled`.
    func wait(for waiter: Waiter<Void>, within limit: Duration? = nil) async throws(BrokerError) {
        let loop = self.loop
        let timer = UVTimer(on: loop)
        if let limit {
            do {
                try timer.start(after: limit) { [configuration] in
                    waiter.resume(
                        .failure(
                            BrokerError(
                                code: .unavailable,
                                message:
                                    "Redis has not confirmed within \(configuration.commandTimeout) that it sends messages. "
                                    + "It is overloaded, or the connection for messages cannot be made."
                            )
                        )
                    )
                }
            } catch {
                throw BrokerError(code: .closed, message: error.message)
            }
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Void, BrokerError>, Never>) in
                waiter.attach(continuation)
                if let closing = self.closing { waiter.resume(.failure(closing)) }
            }
        } onCancel: {
            loop.perform { waiter.resume(.failure(Self.cancellation)) }
        }
        activity += 1
        try result.get()
    }

    /// Something has come on a connection for messages.
    func heard(_ event: RedisListener.Event) {
        switch event {
        case .established(let channel): established(channel)
        case .message(let channel, let payload):
            if channel == echoChannel { return heardEcho(payload) }
            activity += 1
            if channel == settings.schedulesChannel {
                return noteScheduleChange(of: String(validating: payload, as: UTF8.self).map { ScheduleID($0) })
            }
            do throws(StorageError) {
                take(try StorageMessage.decode(payload), from: channel)
            } catch {
                logger.warning("A message from Redis cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// What was published before was missed, so whoever would have been told looks for himself.
    private func established(_ channel: [UInt8]) {
        for waiter in channelWaiters.removeValue(forKey: channel) ?? [] { waiter.resume(.success(())) }
        for (id, worker) in attachedWorkers where channel == settings.channel(of: id) {
            attachedWorkers[id]?.interest.doubtEverything()
            worker.port?.wake()
        }
        if channel == settings.schedulesChannel { noteScheduleChange(of: nil) }
        if channel == settings.channel(of: roomClient) {
            for waiter in roomWaiters.values.flatMap(\.self) { waiter.resume(.success(())) }
        }
        for (client, inbox) in inboxes where channel == settings.channel(of: client) { readAgain(inbox) }
    }

    private func take(_ message: StorageMessage, from channel: [UInt8]) {
        switch message {
        case .finished(let records): deliver(records.map { .finished($0) }, on: channel)
        case .progressed(let reports):
            let events = reports.sorted { $0.key < $1.key }.map { ResultEvent.progressed($0.key, $0.value) }
            deliver(events, on: channel)
        case .room(let queue):
            for waiter in roomWaiters[queue] ?? [] { waiter.resume(.success(())) }
        case .wake(let queue):
            guard let worker = attachedWorkers.keys.first(where: { settings.channel(of: $0) == channel }) else {
                return
            }
            if attachedWorkers[worker]?.interest.wake(queue) == true {
                attachedWorkers[worker]?.port?.wake()
            } else {
                passOn(queue, from: worker)
            }
        case .cancel(let ids):
            guard let worker = attachedWorkers.keys.first(where: { settings.channel(of: $0) == channel }) else {
                return
            }
            attachedWorkers[worker]?.port?.cancel(ids)
        case .expect(let queue, let delay):
            let time = clock.uptime + delay
            for id in attachedWorkers.keys where attachedWorkers[id]?.interest.expect(queue, at: time) == true {
                attachedWorkers[id]?.port?.expect(after: delay)
            }
        }
    }

    private func deliver(_ events: [ResultEvent], on channel: [UInt8]) {
        for (client, inbox) in inboxes where settings.channel(of: client) == channel { inbox.deliver(events) }
    }

    // MARK: Tests

    private var echoChannel: [UInt8] { Array("\(settings.prefix)echo:\(ObjectIdentifier(self).hashValue)".utf8) }

    /// Waits until every call made so far has its answer, and what was published before has arrived.
    ///
    /// - Returns: Whether anything has been sent or heard since this was last asked, so that more may follow.
    package func settleDown() async throws(BrokerError) -> Bool {
        if listener?.isEstablished(echoChannel) == false { try await listen(to: echoChannel) }
        echoes += 1
        let waiter = Waiter<Void>()
        let word = Array(String(echoes).utf8)
        channelWaiters[word] = [waiter]
        let before = activity
        _ = try await send(["PUBLISH", .bytes(echoChannel), .bytes(word)], key: echoChannel)
        try await wait(for: waiter)
        // This call's own is not counted.
        activity = activity == before + 2 ? before : activity
        defer { lastActivity = activity }
        return activity != lastActivity || !channelWaiters.isEmpty
    }

    private func heardEcho(_ word: [UInt8]) {
        for waiter in channelWaiters.removeValue(forKey: word) ?? [] { waiter.resume(.success(())) }
    }
}
