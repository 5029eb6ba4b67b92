//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct WorkflowPlanTests {
    @Test
    func `A chain is nodes each of which waits for the one before it`() throws {
        let plan = try plan(Fetch().then(Shrink()).then(Shrink()))
        #expect(plan.nodes.map(\.join.count) == [0, 1, 1])
        #expect(plan.nodes.map { $0.edges.map(\.target) } == [[1], [2], []])
        #expect(plan.head.output == .output(of: 2))
        #expect(plan.head.jobCount == 3)
        // Both links follow one template.
        #expect(plan.head.templates.map(\.name) == ["fetch", "shrink"])
    }

    @Test
    func `Members carry neither one another nor what comes after them`() throws {
        let small = try plan(Group((0..<10).map { Fetch(number: $0) }).then(Collect()))
        let large = try plan(Group((0..<10_000).map { Fetch(number: $0 % 10) }).then(Collect()))
        for node in large.nodes.prefix(10_000) {
            #expect(node.edges.count == 1)
            #expect(node.join.count == 0)
        }
        #expect(large.head.templates == small.head.templates)
        #expect(large.head.regions.count == 1)
        #expect(large.head.joinBytes == 1_250)
        #expect(large.nodes[10_001].edges.isEmpty)
    }

    @Test
    func `Empty groups and series have defined results`() throws {
        let group = try plan(Group([Fetch]()))
        #expect(group.nodes.count == 1)
        #expect(group.head.jobCount == 0)
        let series = try plan(Series([Remark]()))
        #expect(series.nodes.isEmpty)
        #expect(series.head.output == .nothing)
        let after = try plan(Fetch().then(Group([Shrink]())).then(Collect()))
        #expect(after.nodes.map(\.join.count) == [0, 1, 1])
    }

    @Test
    func `Callbacks come behind all others and belong to no part`() throws {
        let member = Fetch().then(Shrink()).onFailure(Warn())
        let plan = try plan(Group([member, member]).then(Collect()).onSuccess(Remark()).onFailure(Remark()))
        #expect(plan.head.mainCount == 6)
        #expect(plan.head.nodeCount == 10)
        #expect(plan.head.regions.map(\.callbacks) == [[9], [], [6], [7]])
        #expect(plan.head.regions.map(\.nodes) == [0..<6, 0..<6, 0..<2, 2..<4])
        #expect(plan.nodes[5].edges.map(\.target) == [8])
    }

    @Test
    func `Each member of a collected group is a part that fails by itself`() throws {
        let plan = try plan(Group([Fetch(), Fetch()].map { $0.then(Shrink()) }).collected().then(Review()))
        #expect(plan.head.regions.map(\.exit?.target) == [nil, 4, 4])
        #expect(plan.head.regions.map(\.exit?.position) == [nil, 0, 1])
        #expect(plan.nodes[4].kind == .collect([.output(of: 1), .output(of: 3)], regions: [1, 2]))
    }

    @Test
    func `Options of a job make a template, and make no sense only with an error`() throws {
        let slow = JobOptions(queue: "slow", retry: .never)
        let plan = try plan(Group([Fetch().with(slow), Fetch().with(slow)]).then(Collect()))
        #expect(plan.head.templates.map(\.options.queue) == ["slow", nil])
        #expect(plan.head.templates.map(\.retry) == [.never, nil])
        #expect(throws: ConfigurationError.self) { try Self.planned(JobOptions(timeout: .zero)) }
        let error = #expect(throws: ConfigurationError.self) { try Self.planned(JobOptions(unique: .byPayload)) }
        #expect(error?.code == .unsupported)
    }

    private static func planned(_ options: JobOptions) throws { _ = try plan(Fetch().with(options)) }

    @Test
    func `What is handed on is decoded piece by piece, whatever its shape`() throws {
        let codec = JSONCodec()
        func value(_ text: String) -> WorkflowInput { .value(Array(text.utf8)) }
        #expect(try value("7").decode(Int.self, codec) == 7)
        #expect(try value("[1,2]").decode([Int].self, codec) == [1, 2])
        let rows = WorkflowInput.list([.list([value("1")]), .list([])])
        #expect(try rows.decode([[Int]].self, codec) == [[1], []])
        let pair = WorkflowInput.list([value("1"), value("\"a\"")])
        #expect(try pair.decode(Outputs<Int, String>.self, codec).values == (1, "a"))
        #expect(try WorkflowInput.list([.value([]), .value([])]).decode([NoValue].self, codec).count == 2)
        let failure = WorkflowFailure(
            workflow: JobID(derivedFrom: "w"),
            job: JobID(derivedFrom: "j"),
            name: "fetch",
            failure: JobFailure(code: .failed, message: "No.", type: "", attempt: 1, time: .distantPast)
        )
        let results = WorkflowInput.list([.result(.success(value("3"))), .result(.failure(failure))])
        #expect(try results.decode([MemberResult<Int>].self, codec) == [.succeeded(3), .failed(failure)])
        #expect(try WorkflowInput.failure(failure).decode(WorkflowFailure.self, codec) == failure)
        #expect(throws: DecodingError.self) { try rows.decode(Int.self, codec) }
        #expect(throws: DecodingError.self) { try pair.decode(Outputs<Int, String, Int>.self, codec) }
    }
}
