//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule
internal import Lineshaft
internal import UVEventLoop

/// Gathers the jobs that many tasks submit to one queue into few calls.
///
/// What comes in one turn of the loop travels together. While a call is under way the next ones wait for its answer, unless
/// there are many: what a call costs the server depends little on how many jobs it carries. It belongs to one event loop.
final class EnqueueBatcher {
    /// One submission of several, whose receipts are put together again.
    final class Group {
        private var receipts: [Receipt?]
        private var missing: Int
        private let waiter: Waiter<[Receipt]?>

        init(count: Int, waiter: Waiter<[Receipt]?>) {
            receipts = [Receipt?](repeating: nil, count: count)
            missing = count
            self.waiter = waiter
        }

        func put(_ receipt: Receipt, at index: Int) {
            receipts[index] = receipt
            missing -= 1
            if missing == 0 { waiter.resume(.success(receipts.compactMap(\.self))) }
        }

        func fail(_ error: BrokerError) {
            waiter.resume(.failure(error))
        }

        /// Whether nobody waits for the receipts any more.
        var isAbandoned: Bool { waiter.isOver }
    }

    private struct Entry {
        let job: EncodedJob
        let group: Group
        let index: Int
    }

    /// The most jobs of one call, and the bytes from which on it takes no more.
    private static let countLimit = 128
    private static let sizeLimit = 1 << 20
    /// The most calls under way, and how many jobs must wait for one more beside the first.
    private static let callLimit = 16
    private static let crowd = 64

    private let loop: UVEventLoop
    private let send: ([EncodedJob], @escaping (Result<[Receipt], BrokerError>) -> Void) -> Void
    private var waiting: Deque<Entry> = []
    private var underWay = 0
    private var isFlushing = false

    /// - Parameters:
    ///   - loop: The loop that all of it happens on.
    ///   - send: Makes one call.
    init(
        loop: UVEventLoop,
        send: @escaping ([EncodedJob], @escaping (Result<[Receipt], BrokerError>) -> Void) -> Void
    ) {
        self.loop = loop
        self.send = send
    }

    func add(_ job: EncodedJob, of group: Group, at index: Int) {
        waiting.append(Entry(job: job, group: group, index: index))
        guard !isFlushing else { return }
        isFlushing = true
        loop.atEndOfTurn { [weak self] in
            guard let self else { return }
            isFlushing = false
            flush()
        }
    }

    func close(_ error: BrokerError) {
        let waiting = self.waiting
        self.waiting = []
        for entry in waiting { entry.group.fail(error) }
    }

    private func flush() {
        while !waiting.isEmpty, underWay == 0 || (underWay < Self.callLimit && waiting.count >= Self.crowd) {
            var batch: [Entry] = []
            var size = 0
            while batch.count < Self.countLimit, size < Self.sizeLimit, let entry = waiting.popFirst() {
                // Nobody has been told that a job is kept whose submitter has given up; so it need not be.
                if entry.group.isAbandoned { continue }
                size += entry.job.size
                batch.append(entry)
            }
            if batch.isEmpty { return }
            underWay += 1
            send(batch.map(\.job)) { [weak self] result in
                self?.underWay -= 1
                switch result {
                case .success(let receipts):
                    for (entry, receipt) in zip(batch, receipts) { entry.group.put(receipt, at: entry.index) }
                case .failure(let error):
                    for entry in batch { entry.group.fail(error) }
                }
                self?.flush()
            }
        }
    }
}
