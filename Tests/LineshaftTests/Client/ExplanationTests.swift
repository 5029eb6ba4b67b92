//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct ExplanationTests {
    private static let time = Timestamp(millisecondsSinceEpoch: 1_000)
    private static let failure = JobFailure(code: .failed, message: "No.", type: "", attempt: 1, time: time)

    private static let sentences: [(Explanation, String)] = [
        (.delayed(until: time), "It is delayed until \(time)."),
        (
            .retrying(until: time, attempt: 2, failure: failure),
            "Attempt 2 begins at \(time); the one before failed: No."
        ),
        (.retrying(until: time, attempt: 2, failure: nil), "Attempt 2 begins at \(time); the one before failed."),
        (.snoozed(until: time), "Its handler put it off until \(time)."),
        (
            .parked(until: time, name: "mail.send"),
            "No worker that was offered it has a handler for the job name “mail.send” and its version; "
                + "it is offered again at \(time). Start a worker that has one."
        ),
        (.queuePaused("mail"), "The queue “mail” is paused. Resume it to have its jobs run."),
        (.noWorker("mail"), "No worker serves the queue “mail”. Start one that does."),
        (
            .noWorkerKnows("mail.send", workers: [WorkerID("a"), WorkerID("b")]),
            "The 2 worker(s) of its queue have no handler for the job name “mail.send” and its version. "
                + "Start one that has."
        ),
        (
            .concurrencyLimited("mail", limit: 3),
            "The queue “mail” is limited to 3 running job(s) over all workers, and as many run."
        ),
        (
            .rateLimited("mail", rate: RateLimit(5, per: .seconds(60)), until: time),
            "The queue “mail” is limited to 5 job(s) per 60.0 seconds; the next one may begin at \(time)."
        ),
        (
            .limitReached("mail", limit: 3),
            "The workers of the queue “mail” run 3 of its jobs, which is as many as they may."
        ),
        (
            .workersBusy("mail", running: 4, ahead: 0),
            "The workers of the queue “mail” run 4 jobs of this and other queues, which is as many as they may. "
                + "It is ready and next in its queue."
        ),
        (.waiting(ahead: nil), "It is ready and waits for its turn."),
        (.waiting(ahead: 0), "It is ready and next in its queue."),
        (.waiting(ahead: 7), "It is ready and waits behind 7 other job(s)."),
        (
            .running(worker: WorkerID("a"), since: time, isCancelRequested: true),
            "It is running on a since \(time); its cancellation has been requested."
        ),
        (.running(worker: nil, since: nil, isCancelRequested: false), "It is running."),
        (.ended(.succeeded), "It has succeeded."),
        (.ended(.failed(failure)), "It has failed: No."),
        (.ended(.cancelled), "It was cancelled."),
        (.ended(.expired), "It was not started before its expiry."),
    ]

    @Test(arguments: sentences)
    func `Why a job waits is said in a sentence`(_ explanation: Explanation, _ sentence: String) {
        #expect(explanation.description == sentence)
    }
}
