//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV
internal import DequeModule
internal import Synchronization

/// Something of libuv's that is open, and has to be closed before the loop can be.
protocol LoopHandle: AnyObject {
    /// Closes it because the loop closes; called once on the loop's thread.
    func loopCloses()
}

/// The loop itself, which its thread keeps until the thread ends.
///
/// ``UVEventLoop`` is what others refer to; when that goes, this one closes what is left and ends.
// Sendable although it is not checked: but for what the inbox and the atomic hold, and constants, everything is touched
// on the loop's thread alone, or before that thread is started.
final class LoopCore: @unchecked Sendable {
    /// How many jobs run before the loop looks at the network again.
    static let jobsPerTurn = 256
    /// The memory into which every stream of the loop reads, one after the other.
    static let readCapacity = 64 << 10

    let name: String
    let loop: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableRawBufferPointer
    private let inbox: Inbox
    private let watchers: LoopWatchers
    private let thread = Atomic<UInt>(0)
    /// The executor whose jobs run here.
    ///
    /// It does not keep it; see `runJobs`.
    private var owner: Unmanaged<UVEventLoop>?

    private var jobs: Deque<UnownedJob> = []
    private var incomingJobs: [UnownedJob] = []
    private var errands: [Inbox.Errand] = []
    private var incomingErrands: [Inbox.Errand] = []
    private var endOfTurn: [() -> Void] = []
    private var flushes: [StreamCore] = []
    private var flushing: [StreamCore] = []
    private(set) var turns = 0

    private(set) var isClosed = false
    private var handles: [ObjectIdentifier: any LoopHandle] = [:]
    private var closers: [() -> Void] = []

    init(name: String) throws(UVError) {
        self.name = name
        loop = .allocate(capacity: 1)
        readBuffer = .allocate(byteCount: Self.readCapacity, alignment: 16)
        do {
            watchers = try Self.open(loop)
        } catch {
            loop.deallocate()
            readBuffer.deallocate()
            throw Self.cannotStart(name, error)
        }
        inbox = Inbox(wake: watchers.wake)
    }

    private static func open(_ loop: UnsafeMutablePointer<uv_loop_t>) throws(FailedStatus) -> LoopWatchers {
        try FailedStatus.check(uv_loop_init(loop))
        do {
            return try LoopWatchers(loop)
        } catch {
            uv_loop_close(loop)
            throw error
        }
    }

    private static func cannotStart(_ name: String, _ status: FailedStatus) -> UVError {
        UVError(
            status,
            "Cannot start the event loop “\(name)”",
            advice: "close what is not needed, or raise the limits of the process"
        )
    }

    // MARK: From any thread

    /// Whether the caller is on the loop's thread.
    var isCurrent: Bool { thread.load(ordering: .relaxed) == LoopThread.current }

    /// Traps unless the caller is on the loop's thread.
    func checkThread() {
        precondition(
            isCurrent,
            "Used away from its event loop's thread; call it from an actor whose executor is the loop."
        )
    }

    /// Starts the thread.
    func start(for owner: UVEventLoop) throws(UVError) {
        self.owner = .passUnretained(owner)
        do {
            try LoopThread.start(self)
        } catch {
            end()
            throw Self.cannotStart(name, error)
        }
    }

    /// Has the thread close what is left and end.
    func stop() {
        inbox.stop()
    }

    func enqueue(_ job: UnownedJob) {
        // The loop looks at its own queue before it sleeps, so it needs neither the lock nor a wake-up.
        if isCurrent { jobs.append(job) } else { inbox.put(job) }
    }

    /// Runs `errand` on the loop's thread, before the jobs that wait there.
    func perform(_ errand: @escaping Inbox.Errand) {
        if isCurrent { errands.append(errand) } else { inbox.put(errand) }
    }

    // MARK: On the thread

    /// Runs the loop until it is stopped; the body of the thread.
    func run() {
        thread.store(LoopThread.current, ordering: .relaxed)
        LoopThread.adopt(name: name)
        watchers.start(for: self)
        uv_run(loop, UV_RUN_DEFAULT)
        end()
    }

    /// Does what has come up since the loop waited for the network, and decides whether it may wait again.
    func turn() {
        turns &+= 1
        takeIncoming()
        runErrands()
        runJobs()
        runEndOfTurn()
        let hasWork = !jobs.isEmpty || !errands.isEmpty || !endOfTurn.isEmpty || !flushes.isEmpty
        switch hasWork ? .work : inbox.rest() {
        case .work: watchers.keepAwake(true)
        case .sleep: watchers.keepAwake(false)
        case .stop: uv_stop(loop)
        }
    }

    private func takeIncoming() {
        inbox.take(&incomingJobs, &incomingErrands)
        if !incomingJobs.isEmpty {
            jobs.append(contentsOf: incomingJobs)
            Self.clear(&incomingJobs)
        }
        if !incomingErrands.isEmpty {
            errands.append(contentsOf: incomingErrands)
            Self.clear(&incomingErrands)
        }
    }

    /// Empties an array that is used again, whose memory is kept unless a rare crowd has made it large.
    private static func clear<Element>(_ array: inout [Element]) {
        array.removeAll(keepingCapacity: array.capacity <= 4096)
    }

    private func runErrands() {
        // An errand may leave another.
        while !errands.isEmpty {
            let batch = errands
            errands = []
            for errand in batch { errand() }
        }
    }

    private func runJobs() {
        guard !jobs.isEmpty, let owner else { return }
        // A job is there, so an actor is, and an actor keeps its loop. It may let go of it while it runs.
        withExtendedLifetime(owner.takeUnretainedValue()) { owner in
            let executor = owner.asUnownedSerialExecutor()
            for _ in 0..<Self.jobsPerTurn {
                if jobs.isEmpty { takeIncoming() }
                guard let job = jobs.popFirst() else { return }
                job.runSynchronously(on: executor)
            }
        }
    }

    // MARK: At the end of a turn

    func atEndOfTurn(_ body: @escaping () -> Void) {
        endOfTurn.append(body)
    }

    /// Has a stream write at the end of the turn what it has buffered by then.
    func flushAtEndOfTurn(_ stream: StreamCore) {
        flushes.append(stream)
    }

    private func runEndOfTurn() {
        if !endOfTurn.isEmpty {
            let bodies = endOfTurn
            endOfTurn = []
            for body in bodies { body() }
        }
        if !flushes.isEmpty {
            swap(&flushes, &flushing)
            for stream in flushing { stream.flushTurn() }
            flushing.removeAll(keepingCapacity: true)
        }
    }

    // MARK: Closing

    /// Keeps something that is open until it is released.
    func keep(_ handle: some LoopHandle) {
        handles[ObjectIdentifier(handle)] = handle
    }

    /// Lets go of something that has been closed.
    func release(_ handle: some LoopHandle) {
        handles[ObjectIdentifier(handle)] = nil
        finishClosing()
    }

    /// Closes everything but the way for jobs, and calls `done` when it is closed.
    func close(_ done: @escaping () -> Void) {
        closers.append(done)
        closeHandles()
        finishClosing()
    }

    private func closeHandles() {
        if isClosed { return }
        isClosed = true
        for handle in Array(handles.values) { handle.loopCloses() }
    }

    private func finishClosing() {
        guard isClosed, handles.isEmpty, !closers.isEmpty else { return }
        let closers = closers
        self.closers = []
        for closer in closers { closer() }
    }

    /// Closes what is open, and the loop.
    ///
    /// Nobody refers to the executor any more.
    private func end() {
        errands += inbox.leave()
        closeHandles()
        watchers.close()
        repeat {
            runErrands()
            runEndOfTurn()
            // Waits for look-ups that have been given up: their memory is the loop's until the system is done with it.
        } while uv_run(loop, UV_RUN_ONCE) != 0 || !errands.isEmpty
        let status = uv_loop_close(loop)
        precondition(status == 0, "A handle of the event loop “\(name)” is still open at its end.")
        loop.deallocate()
        readBuffer.deallocate()
        watchers.deallocate()
    }
}
