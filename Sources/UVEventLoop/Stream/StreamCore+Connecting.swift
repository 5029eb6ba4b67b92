//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

extension StreamCore {
    /// What a stream has in hand while it connects.
    struct Connecting {
        let waiter: LoopWaiter<Void>
        let timer: TimerCore
        let timeout: Duration?
        let start: Duration
        var lookup: Lookup?
        var attempts: ConnectionAttempts?

        /// Gives up.
        func end(_ reason: UVError) {
            lookup?.cancel()
            timer.close()
            waiter.resume(with: .failure(reason))
        }
    }

    /// The loop's time.
    private var now: Duration {
        uv_update_time(loop.loop)
        return .milliseconds(Int64(clamping: uv_now(loop.loop)))
    }

    /// Begins to connect; `waiter` is told how it ends.
    func connect(to address: UVAddress, timeout: Duration?, waiter: LoopWaiter<Void>) {
        if let reason = phase.reason {
            waiter.resume(with: .failure(reason))
            return
        }
        phase.connect()
        self.address = address
        connecting = Connecting(waiter: waiter, timer: TimerCore(loop: loop), timeout: timeout, start: now)
        if loop.isClosed {
            loopCloses()
            return
        }
        loop.keep(self)
        do {
            try address.check()
        } catch {
            close(error)
            return
        }
        switch address {
        case .unix(let path): attempt(at: [.unix(path: path)])
        case .tcp(let host, let port):
            if let socketAddress = SocketAddress(host: host, port: port) {
                attempt(at: [.internet(socketAddress)])
            } else {
                lookUp(host, port)
            }
        }
    }

    // MARK: Looking up

    private func lookUp(_ host: String, _ port: UInt16) {
        guard let timeout = connecting?.timeout else {
            startLookup(host, port)
            return
        }
        limit(timeout) { stream in
            guard let address = stream.address else { return }
            stream.close(.connectionTimedOut(address, after: timeout))
        }
        startLookup(host, port)
    }

    private func startLookup(_ host: String, _ port: UInt16) {
        guard phase.isConnecting else { return }
        do {
            connecting?.lookup = try Lookup.start(host: host, port: port, on: loop) { [weak self] answer in
                guard let self, phase.isConnecting else { return }
                connecting?.lookup = nil
                connecting?.timer.cancel()
                switch answer {
                case .success(let addresses): attempt(at: addresses.map { .internet($0) })
                case .failure(let status): lookupFailed(host, status)
                }
            }
        } catch {
            lookupFailed(host, error)
        }
    }

    private func lookupFailed(_ host: String, _ status: FailedStatus) {
        close(
            UVError(
                code: .unresolved,
                message:
                    "Cannot find the address of the host “\(host)”: \(status.explanation) (\(status.name)); check its "
                    + "spelling and the name server.",
                name: status.name
            )
        )
    }

    // MARK: Attempting

    private func attempt(at candidates: [ConnectionAttempts.Candidate]) {
        guard let connecting, let address else { return }
        let attempts = ConnectionAttempts(address, at: candidates, timeout: connecting.timeout, since: connecting.start)
        self.connecting?.attempts = attempts
        perform(attempts.next(at: now))
    }

    private func perform(_ action: ConnectionAttempts.Action) {
        switch action {
        case .connect(let candidate, let limit): connect(to: candidate, within: limit)
        case .pause(let duration):
            self.limit(duration) { stream in
                guard let attempts = stream.connecting?.attempts else { return }
                stream.perform(attempts.next(at: stream.now))
            }
        case .fail(let error): close(error)
        }
    }

    private func connect(to candidate: ConnectionAttempts.Candidate, within duration: Duration?) {
        do {
            let socket = try Socket(to: candidate, for: self)
            self.socket = socket
            if let duration {
                limit(duration) { stream in
                    stream.dropSocket()
                    stream.goOn { $0.expire(at: $1) }
                }
            }
            try socket.connect(to: candidate)
        } catch {
            dropSocket()
            goOn { $0.fail(error, at: $1) }
        }
    }

    /// Told by a socket how its attempt has ended.
    func attempt(of socket: Socket, ended failure: FailedStatus?) {
        // An attempt that was given up ends as well.
        guard phase.isConnecting, socket === self.socket, let connecting else { return }
        if let failure {
            dropSocket()
            goOn { $0.fail(failure, at: $1) }
        } else {
            self.connecting = nil
            connecting.timer.close()
            open(socket)
            connecting.waiter.resume()
        }
    }

    private func dropSocket() {
        connecting?.timer.cancel()
        let socket = socket
        self.socket = nil
        socket?.close()
    }

    private func goOn(_ decide: (inout ConnectionAttempts, Duration) -> ConnectionAttempts.Action) {
        let now = now
        guard phase.isConnecting, var attempts = connecting?.attempts else { return }
        let action = decide(&attempts, now)
        connecting?.attempts = attempts
        perform(action)
    }

    /// Has `body` called after a while, unless the timer is used for something else before.
    private func limit(_ duration: Duration, _ body: @escaping (StreamCore) -> Void) {
        do {
            try connecting?.timer.start(after: duration, repeating: nil, onClose: nil) { [weak self] in
                guard let self, phase.isConnecting else { return }
                body(self)
            }
        } catch {
            close(error)
        }
    }
}
