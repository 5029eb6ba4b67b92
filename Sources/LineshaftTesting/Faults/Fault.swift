//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// What goes wrong with one call to a broker or result store, or with one push from them.
public enum Fault: Sendable {
    /// The call never arrives: nothing is done, and the caller gets ``/Lineshaft/BrokerError`` with the code `unavailable`.
    ///
    /// A push is lost together with its connection, which is restored after a while; what a driver owes its worker or
    /// client after a reconnection (a wake, or reading the awaited outcomes again) then makes up for it.
    case drop
    /// The call is carried out, and its answer is lost: the caller gets ``/Lineshaft/BrokerError`` with the code `unavailable`. A push
    /// arrives.
    case loseAnswer
    /// The call, or the push, arrives this much later.
    case delay(Duration)
    /// The call is carried out at once, and its answer arrives this much later. A push arrives at once.
    case delayAnswer(Duration)
    /// The call is carried out twice, as after a retransmission, and the caller gets the second answer. A push arrives
    /// twice.
    case duplicate
    /// The call never arrives, and nobody says so: the caller waits until it is cancelled, and then gets
    /// ``/Lineshaft/BrokerError`` with the code `cancelled`. A push is lost for good.
    case hang
    /// Nothing is done, and the caller gets this error. A push is lost for good.
    case fail(BrokerError)
    /// The caller's process dies before the call is carried out.
    case die
    /// The caller's process dies after the call was carried out, before the answer arrives.
    case dieAfter
}

/// A kind of call, or of push, that can go wrong.
public enum FaultPoint: String, Sendable, Hashable, CaseIterable, Codable {
    /// ``/Lineshaft/Broker/enqueue(_:)``
    case enqueue
    /// ``/Lineshaft/Broker/waitForRoom(in:maximumLength:)``
    case waitForRoom
    /// ``/Lineshaft/Broker/attach(_:)``
    case attach
    /// ``/Lineshaft/Broker/detach(_:)``
    case detach
    /// ``/Lineshaft/Broker/announce(_:)``
    case announce
    /// ``/Lineshaft/Broker/claim(_:)``
    case claim
    /// ``/Lineshaft/Broker/settle(_:)``
    case settle
    /// ``/Lineshaft/Broker/settle(_:claiming:)``
    case settleAndClaim
    /// ``/Lineshaft/Broker/extend(_:by:)``
    case extend
    /// ``/Lineshaft/Broker/cancel(_:)``
    case cancel
    /// ``/Lineshaft/Broker/hasten(_:in:)``
    case hasten
    /// Any method of ``/Lineshaft/QueueInspector``
    case inspect
    /// ``/Lineshaft/ResultStore/attach(_:)``
    case attachInbox
    /// ``/Lineshaft/ResultStore/detach(_:)``
    case detachInbox
    /// ``/Lineshaft/ResultStore/record(_:)``
    case record
    /// ``/Lineshaft/ResultStore/outcomes(of:)``
    case readOutcomes
    /// ``/Lineshaft/ResultStore/watch(_:for:)``
    case watch
    /// ``/Lineshaft/ResultStore/unwatch(_:for:)``
    case unwatch
    /// ``/Lineshaft/ResultStore/withdraw(_:)``
    case withdraw
    /// ``/Lineshaft/ResultStore/report(_:of:)``
    case reportProgress
    /// ``/Lineshaft/ResultStore/progress(of:)``
    case readProgress
    /// A method of ``/Lineshaft/WorkflowStore`` that changes something
    case changeWorkflow
    /// A method of ``/Lineshaft/WorkflowStore`` that reads
    case readWorkflow
    /// ``/Lineshaft/StepStore/steps(of:)``
    case readSteps
    /// ``/Lineshaft/StepStore/record(_:under:)``
    case recordStep
    /// ``/Lineshaft/ScheduleStore/versions()`` and ``/Lineshaft/ScheduleStore/read(_:)``
    case readSchedules
    /// ``/Lineshaft/ScheduleStore/write(_:replacing:isNews:)`` and ``/Lineshaft/ScheduleStore/remove(_:version:)``
    case writeSchedule
    /// ``/Lineshaft/ScheduleStore/submit(_:under:)``, ``/Lineshaft/ScheduleStore/create(_:before:)`` and
    /// ``/Lineshaft/ScheduleStore/confirm(_:)``
    case fireSchedule
    /// ``/Lineshaft/ScheduleStore/attach(_:)`` and ``/Lineshaft/ScheduleStore/detach(_:)``
    case attachObserver
    /// ``/Lineshaft/WorkerPort/wake()``, from the broker to a worker
    case wake
    /// ``/Lineshaft/WorkerPort/cancel(_:)``, from the broker to a worker
    case pushCancel
    /// ``/Lineshaft/Inbox/deliver(_:)``, from the store to a client
    case deliver

    /// Whether this is a push, which nobody waits for.
    public var isPush: Bool {
        switch self {
        case .wake, .pushCancel, .deliver: true
        default: false
        }
    }
}
