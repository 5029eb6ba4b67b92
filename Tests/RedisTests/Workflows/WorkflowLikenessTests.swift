//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Testing

@testable internal import LineshaftRedis

/// The core's state machine is the executable specification: whatever happens to a workflow, the scripts must say the same.
@Suite("The scripts of workflows", .serialized, .timeLimit(.minutes(20)))
struct WorkflowLikenessTests {
    @Test("say what the core's state machine says, for any workflow and any events")
    func likeness() async throws {
        try await OwnThread.run {
            let trial = try StorageTrial()
            for seed in 0..<120 {
                var generator = SeededGenerator(seed: UInt64(seed))
                try compare(try RandomWorkflow.plan(&generator), trial, &generator, seed)
            }
        }
    }

    private func compare(
        _ plan: WorkflowPlan,
        _ trial: StorageTrial,
        _ generator: inout SeededGenerator,
        _ seed: Int
    ) throws {
        let id = plan.head.id
        let keys = WorkflowKeys(id, prefix: trial.settings.prefix)
        #expect(try trial.call(WorkflowCreateCall(plan.head, keys: keys)) == true)
        var head = plan.head
        head.incarnation = try #require(try trial.call(WorkflowReadCall.head(of: id, keys: keys))).incarnation
        var state = WorkflowState(head)
        #expect(try trial.call(WorkflowCreateCall(plan.head, keys: keys)) == true)
        try trial.call(WorkflowAppendCall(plan.head.regions[...], keys: keys))
        for start in stride(from: 0, to: plan.nodes.count, by: 3) {
            let page = plan.nodes[start..<min(start + 3, plan.nodes.count)]
            state.append(page, at: start)
            try trial.call(WorkflowAppendCall(page, at: start, keys: keys))
        }
        let told = Set(plan.head.regions.flatMap(\.callbacks))
        let roots = plan.nodes.indices.filter { plan.nodes[$0].join.count == 0 && !told.contains($0) }
        var open: [WorkflowStep.Start] = []
        var past: [WorkflowNodeEnd] = []
        var restarts = 0

        func same(_ what: String, _ expected: WorkflowStep?, _ call: WorkflowStepCall) throws {
            let step = try trial.call(call)?.first?.step
            #expect(step == expected, "\(what), seed \(seed)")
            for start in expected?.starts ?? [] where !open.contains(start) { open.append(start) }
        }
        func tell(_ end: WorkflowNodeEnd) throws {
            let answer = state.end(end.reference.node, generation: end.reference.generation, end.outcome)
            let found = try trial.call(WorkflowStepCall([end], of: id, keys: keys))
            #expect(found == [answer], "\(end), seed \(seed)")
            for start in answer.step.starts where !open.contains(start) { open.append(start) }
        }
        try same("begin", state.begin(roots), WorkflowStepCall(.begin, roots, of: id, keys: keys))
        // Much can happen before all of it has been begun.
        if Int.random(in: 0..<4, using: &generator) == 0 {
            for start in open.shuffled(using: &generator).prefix(2) {
                let reference = WorkflowReference(id: id, node: start.node, generation: start.generation)
                try tell(WorkflowNodeEnd(reference: reference, outcome: outcome(&generator)))
                open.removeAll { $0 == start }
            }
        }
        if Int.random(in: 0..<6, using: &generator) == 0 {
            try same("cancel", state.cancel(), WorkflowStepCall(.cancel, of: id, keys: keys))
        }
        try same("launch", state.launch(), WorkflowStepCall(.launch, of: id, keys: keys))
        try same("second launch", state.launch(), WorkflowStepCall(.launch, of: id, keys: keys))
        #expect(try trial.call(WorkflowCreateCall(plan.head, keys: keys)) == false)
        while true {
            if Int.random(in: 0..<25, using: &generator) == 0 {
                try same("cancel", state.cancel(), WorkflowStepCall(.cancel, of: id, keys: keys))
            }
            if let place = open.indices.randomElement(using: &generator) {
                let start = open.remove(at: place)
                let reference = WorkflowReference(id: id, node: start.node, generation: start.generation)
                let end = WorkflowNodeEnd(reference: reference, outcome: outcome(&generator))
                past.append(end)
                try tell(end)
                open.removeAll { $0 == start }
            } else if restarts < 2, case .over(let end) = state.phase, end != .succeeded {
                restarts += 1
                let parent = WorkflowParent(id: JobID(derivedFrom: "parent \(restarts)"), queue: "q")
                try same("restart", state.restart(), WorkflowStepCall(.restart, of: id, keys: keys))
                state.adopt(by: parent)
                _ = try trial.call(WorkflowStepCall(adoptedBy: parent, of: id, keys: keys))
                #expect(try trial.call(WorkflowReadCall.head(of: id, keys: keys))?.parent == parent)
                open += state.openNodes(in: 0..<plan.nodes.count, limit: 1_000).starts.filter { !open.contains($0) }
            } else {
                break
            }
            if let again = past.randomElement(using: &generator), Bool.random(using: &generator) {
                try tell(again)
                open.removeAll { start in past.contains { $0.reference.matches(start) } }
            }
            try look(state, trial, keys)
        }
        if case .over = state.phase { try checkRelease(state, trial, keys) }
    }

    @Test("say the same of a node for which more wait than are told at once")
    func pages() throws {
        let trial = try StorageTrial()
        var builder = WorkflowBuilder(codec: JSONCodec(), time: .distantPast)
        let members = Group((0..<2_300).map { Wide(number: $0) })
        let output = try Wide(number: 0).followed(by: members).plan(into: &builder, after: .start)
        let plan = builder.plan(
            id: JobID(derivedFrom: "pages"),
            output: output,
            replyTo: nil,
            retention: .seconds(600)
        )
        let id = plan.head.id
        let keys = WorkflowKeys(id, prefix: trial.settings.prefix)
        #expect(try trial.call(WorkflowCreateCall(plan.head, keys: keys)) == true)
        var head = plan.head
        head.incarnation = try #require(try trial.call(WorkflowReadCall.head(of: id, keys: keys))).incarnation
        var state = WorkflowState(head)
        try trial.call(WorkflowAppendCall(plan.head.regions[...], keys: keys))
        state.append(plan.nodes[...], at: 0)
        for start in stride(from: 0, to: plan.nodes.count, by: 1_000) {
            let page = plan.nodes[start..<min(start + 1_000, plan.nodes.count)]
            try trial.call(WorkflowAppendCall(page, at: start, keys: keys))
        }
        func step(_ call: WorkflowStepCall) throws -> WorkflowStep? { try trial.call(call)?.first?.step }
        #expect(try step(WorkflowStepCall(.begin, [0], of: id, keys: keys)) == state.begin([0]))
        #expect(try step(WorkflowStepCall(.launch, of: id, keys: keys)) == state.launch())
        let reference = WorkflowReference(id: id, node: 0, generation: head.incarnation)
        let end = WorkflowNodeEnd(reference: reference, outcome: .succeeded([]))
        for position in [0, 1_000, 0, 1_000, 2_000, 2_000] {
            if position == 0 {
                let answer = state.end(0, generation: head.incarnation, .succeeded([]))
                #expect(try trial.call(WorkflowStepCall([end], of: id, keys: keys)) == [answer])
            } else {
                let rest = WorkflowStep.Rest(node: 0, position: position)
                #expect(
                    try step(WorkflowStepCall(rest, of: id, keys: keys)) == state.advance(0, from: position),
                    "from \(position)"
                )
            }
            try look(state, trial, keys)
        }
        #expect(state.openNodes(in: 0..<9_000, limit: 9_000).starts.count == 2_300)
    }

    private func outcome(_ generator: inout SeededGenerator) -> Outcome {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0, 1:
            .failed(JobFailure(code: .failed, message: "No.", type: "E", attempt: 1, time: .distantPast))
        case 2: .cancelled
        case 3: .expired
        default: .succeeded([UInt8.random(in: 0...255, using: &generator)])
        }
    }

    /// Compares all that can be read.
    private func look(_ state: WorkflowState, _ trial: StorageTrial, _ keys: WorkflowKeys) throws {
        let id = state.head.id
        let nodes = Array(state.nodes.indices)
        #expect(try trial.call(WorkflowReadCall.summary(of: id, keys: keys)) == state.summary)
        let open = try trial.call(WorkflowReadCall.open(in: 0..<state.head.mainCount, limit: 1000, of: id, keys: keys))
        #expect(open == state.openNodes(in: 0..<state.head.mainCount, limit: 1000))
        let jobs = nodes.filter { state.nodes[$0].isJob }
        #expect(
            try trial.call(WorkflowReadCall.outcomes(of: jobs, of: id, keys: keys))
                == jobs.map { state.outcome(of: $0) }
        )
        let regions = Array(state.head.regions.indices)
        let stops = try trial.call(WorkflowReadCall.stops(of: regions, of: id, keys: keys))
        #expect(stops == regions.map { state.stop(of: $0) })
    }

    /// Once it is released, it is there for its retention and no longer.
    private func checkRelease(_ state: WorkflowState, _ trial: StorageTrial, _ keys: WorkflowKeys) throws {
        let id = state.head.id
        func release(_ generation: Int) throws -> WorkflowRelease? {
            try trial.call(WorkflowReleaseCall(id, retention: .seconds(600), generation: generation, keys: keys))
        }
        let nodes = try trial.call(WorkflowReadCall.nodes([], of: id, keys: keys))
        #expect(nodes == [])
        #expect(try release(state.generation + 1)?.stands == false)
        #expect(try release(state.generation) == WorkflowRelease(stands: true, parent: state.head.parent))
        #expect(try trial.call(WorkflowReadCall.head(of: id, keys: keys)) != nil)
        try trial.advance(by: .seconds(601))
        #expect(try trial.call(WorkflowReadCall.head(of: id, keys: keys)) == nil)
        #expect(try trial.call(WorkflowStepCall(.cancel, of: id, keys: keys)) == nil)
    }

    @Test("keep nodes and heads as they were written")
    func codecs() throws {
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let plan = try RandomWorkflow.plan(&generator)
            for node in plan.nodes {
                #expect(try WorkflowCodec.decode(WorkflowCodec.encode(node), of: plan.head.id) == node)
            }
        }
        var options = JobOptions(queue: "q", priority: .high, start: .after(.seconds(5)), expires: .at(.distantPast))
        options.deadline = .after(.milliseconds(1))
        options.timeout = .seconds(3)
        options.retention = .zero
        options.headers = ["a": "b", "c": ""]
        options.acknowledgement = .immediate
        let head = WorkflowHead(
            id: JobID(derivedFrom: "w"),
            templates: [
                WorkflowTemplate(name: "a", version: 3, options: options, retry: .standard),
                WorkflowTemplate(name: "b", version: 1, options: JobOptions(), retry: nil),
            ],
            regions: [],
            nodeCount: 300,
            mainCount: 200,
            jobCount: 100,
            output: .gathered(by: 7),
            joinBytes: 12,
            replyTo: ClientID(9),
            retention: .seconds(60),
            deadline: Timestamp(nanosecondsSinceEpoch: 7)
        )
        #expect(try WorkflowHeadCodec.decode(WorkflowHeadCodec.encode(head), of: head.id) == head)
        for cut in 0..<WorkflowHeadCodec.encode(head).count {
            let part = Array(WorkflowHeadCodec.encode(head).prefix(cut))
            #expect(throws: StorageError.self) { try WorkflowHeadCodec.decode(part, of: head.id) }
        }
    }
}

/// A job among very many.
private struct Wide: Job {
    static let name: JobName = "wide"
    var number: Int
}

extension WorkflowReference {
    /// Whether this is what was begun there.
    fileprivate func matches(_ start: WorkflowStep.Start) -> Bool {
        node == start.node && generation == start.generation
    }
}
