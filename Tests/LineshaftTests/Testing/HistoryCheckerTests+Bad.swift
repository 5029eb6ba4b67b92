//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

extension HistoryCheckerTests {
    /// Good histories with one thing changed, so that one promise is broken and no other.
    static let badHistories: [Example] = outcomeBreaches + deliveryBreaches + startBreaches

    private static let cancelled = HistoryOutcome(kind: .cancelled)

    private static let outcomeBreaches: [Example] = [
        Example("accepted and never heard of again", breaks: .acceptedIsKept) { script in
            script.submit()
            script.deliver()
        },
        Example("two observers, two outcomes", breaks: .oneOutcome) { script in
            script.submit()
            script.deliver()
            script.settle(.final(HistoryScript.done))
            script.see()
            script.see(HistoryOutcome(kind: .succeeded, detail: "7"), by: "other client")
        },
        Example("settled so, seen otherwise", breaks: .oneOutcome) { script in
            script.submit()
            script.deliver()
            script.settle(.final(HistoryScript.dead))
            script.cancel(atOnce: false)
            script.see(cancelled)
        },
        Example("success out of nowhere", breaks: .outcomeHasCause) { script in
            script.submit()
            script.see()
        },
        Example("success by a refused settlement", breaks: .outcomeHasCause) { script in
            script.submit()
            script.deliver()
            script.settle(.final(HistoryScript.done), applied: false)
            script.see()
        },
        Example("failed, but nobody said so", breaks: .outcomeHasCause) { script in
            script.submit()
            script.see(HistoryScript.dead)
        },
        Example("cancelled, but nobody asked", breaks: .outcomeHasCause) { script in
            script.submit()
            script.see(cancelled)
        },
        Example("expired without an expiry", breaks: .outcomeHasCause) { script in
            script.submit()
            script.see(HistoryOutcome(kind: .expired))
        },
        Example("expired too early", breaks: .outcomeHasCause) { script in
            script.submit { [time = script.time(60)] in $0.expires = time }
            script.see(HistoryOutcome(kind: .expired))
        },
        Example("a final settlement under an old token", breaks: .noStaleSettlement) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done))
            script.see()
        },
        Example("a retry under an old token", breaks: .noStaleSettlement) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.deliver(token: 2, delivery: 2)
            script.settle(.returned)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("two jobs with one key", breaks: .uniqueExcludes) { script in
            script.submit { $0.uniqueKey = "k" }
            script.submit(HistoryScript.other) { $0.uniqueKey = "k" }
            script.deliver()
            script.settle(.final(HistoryScript.done))
            script.deliver(HistoryScript.other, token: 2)
            script.settle(.final(HistoryScript.done), HistoryScript.other, token: 2)
            script.see()
            script.see(of: HistoryScript.other)
        },
    ]

    private static let deliveryBreaches: [Example] = [
        Example("a token given twice", breaks: .tokensGrow) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.deliver(delivery: 2)
            script.settle(.final(HistoryScript.done))
            script.see()
        },
        Example("a smaller token after a larger one", breaks: .tokensGrow) { script in
            script.submit()
            script.deliver(token: 5)
            script.settle(.returned, token: 5)
            script.pass(9)
            script.deliver(token: 4, delivery: 2)
            script.see(HistoryOutcome(kind: .failed, detail: "poisoned"))
        },
        Example("a delivery number that stands still", breaks: .tokensGrow) { script in
            script.submit()
            script.deliver()
            script.settle(.returned)
            script.deliver(token: 2, delivery: 1)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("an attempt too many", breaks: .attemptsBounded) { script in
            script.submit { $0.maximumAttempts = 1 }
            script.deliver()
            script.settle(.retried(countsAttempt: true))
            script.deliver(token: 2, attempt: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("a crash that costs an attempt", breaks: .attemptsBounded) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.deliver(token: 2, attempt: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("a failed attempt that is not counted", breaks: .attemptsBounded) { script in
            script.submit()
            script.deliver()
            script.settle(.retried(countsAttempt: true))
            script.deliver(token: 2, attempt: 1, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("more lost leases than the limit", breaks: .deliveriesBounded) { script in
            script.submit()
            for number in 1...4 {
                script.deliver(token: UInt64(number), delivery: number)
                script.pass(9)
            }
            script.see(HistoryOutcome(kind: .failed, detail: "poisoned"))
        },
        Example("given to two at once", breaks: .leaseExcludes) { script in
            script.submit()
            script.deliver()
            script.pass(7)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("given to another although the lease was extended", breaks: .leaseExcludes) { script in
            script.submit()
            script.deliver()
            script.pass(7)
            script.extend()
            script.pass(7)
            script.deliver(token: 2, delivery: 2)
            script.settle(.final(HistoryScript.done), token: 2)
            script.see()
        },
        Example("delivered too early", breaks: .notBeforeStart) { script in
            script.submit { [time = script.time(60)] in $0.start = time }
            script.deliver()
            script.settle(.final(HistoryScript.done))
            script.see()
        },
    ]

    private static let startBreaches: [Example] = [
        Example("started without a lease", breaks: .startHasLease) { script in
            script.submit()
            script.start()
            script.cancel(atOnce: true)
            script.see(cancelled)
        },
        Example("claimed after the outcome", breaks: .noRunAfterOutcome) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.cancel(atOnce: true)
            script.see(cancelled)
            script.deliver(token: 2, delivery: 2)
            script.start(token: 2)
        },
        Example("started after the outcome under a lease that had run out", breaks: .noRunAfterOutcome) { script in
            script.submit()
            script.deliver()
            script.pass(9)
            script.cancel(atOnce: true)
            script.see(cancelled)
            script.start()
        },
        Example("started again after it was settled", breaks: .noRunAfterOutcome) { script in
            script.submit()
            script.deliver()
            script.start()
            script.settle(.final(HistoryScript.done))
            script.start()
            script.see()
        },
        Example("cancelled, then run", breaks: .cancelledNeverRuns, .noRunAfterOutcome) { script in
            script.submit()
            script.cancel(atOnce: true)
            script.deliver()
            script.start()
            script.see(cancelled)
        },
        Example("started after the expiry", breaks: .expiredNeverStarts) { script in
            script.submit { [time = script.time(5)] in $0.expires = time }
            script.pass(6)
            script.deliver()
            script.start()
            script.settle(.final(HistoryScript.done))
            script.see()
        },
        Example("two leases of a queue that is limited to one", breaks: .limitsHold) { script in
            for job in [HistoryScript.job, HistoryScript.other] { script.submit(job) { $0.queue = "narrow" } }
            script.runBoth()
        },
        Example("two leases of a tenant that is limited to one", breaks: .limitsHold) { script in
            for job in [HistoryScript.job, HistoryScript.other] {
                script.submit(job) { submitted in
                    submitted.queue = "shared"
                    submitted.tenant = "a"
                }
            }
            script.runBoth()
        },
        Example("two leases of a job type that is limited to one", breaks: .limitsHold) { script in
            for job in [HistoryScript.job, HistoryScript.other] {
                script.submit(job) { submitted in
                    submitted.queue = "typed"
                    submitted.name = "one"
                }
            }
            script.runBoth()
        },
        Example("begun faster than the rate allows", breaks: .limitsHold) { script in
            for job in [HistoryScript.job, HistoryScript.other] {
                script.submit(job) { $0.queue = "slow" }
                script.deliver(job)
                script.settle(.final(HistoryScript.done), job)
                script.see(of: job)
            }
        },
    ]
}

extension HistoryScript {
    /// Has both jobs leased at once, and ends them.
    fileprivate mutating func runBoth() {
        deliver()
        deliver(Self.other)
        for job in [Self.job, Self.other] {
            settle(.final(Self.done), job)
            see(of: job)
        }
    }
}
