//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension ScheduledWorkflow.Template {
    init(_ template: WorkflowTemplate) throws {
        let options = template.options
        func nanoseconds(_ option: String, _ time: JobTime?) throws -> Int64? {
            switch time {
            case nil: return nil
            case .after(let duration): return duration.saturatedNanoseconds
            case .at: throw JobTemplate.pointInTime(template.name, option)
            }
        }
        name = template.name
        version = template.version
        queue = options.queue
        priority = options.priority
        tenant = options.tenant
        start = try nanoseconds("start", options.start)
        expires = try nanoseconds("expires", options.expires)
        deadline = try nanoseconds("deadline", options.deadline)
        timeout = options.timeout?.saturatedNanoseconds
        optionRetry = options.retry
        retry = template.retry
        headers = options.headers
        retention = options.retention?.saturatedNanoseconds
        acknowledgement = options.acknowledgement
    }

    func template(_ headers: [String: String]) -> WorkflowTemplate {
        func time(_ nanoseconds: Int64?) -> JobTime? { nanoseconds.map { .after(.nanoseconds($0)) } }
        let options = JobOptions(
            queue: queue,
            priority: priority,
            tenant: tenant,
            start: time(start),
            expires: time(expires),
            deadline: time(deadline),
            timeout: timeout.map { .nanoseconds($0) },
            retry: optionRetry,
            headers: headers.merging(self.headers) { tick, _ in tick },
            retention: retention.map { .nanoseconds($0) },
            acknowledgement: acknowledgement
        )
        return WorkflowTemplate(name: name, version: version, options: options, retry: retry)
    }
}

extension ScheduledWorkflow.Node {
    init(_ node: WorkflowNode) {
        let place = [node.region, node.join.offset, node.join.count]
        switch node.kind {
        case .job(let template, let payload, .value(let part)):
            kind = [0] + place + [template] + part.numbers
            self.payload = Base64(payload)
        case .job(let template, let payload, .failure(let region)):
            kind = [1] + place + [template, region]
            self.payload = Base64(payload)
        case .gather(let parts):
            kind = [2] + place + parts.flatMap(\.numbers)
            payload = nil
        case .collect(let parts, let regions):
            kind = [3] + place + parts.flatMap(\.numbers) + regions
            payload = nil
        case .relay(let part):
            kind = [4] + place + part.numbers
            payload = nil
        }
        edges = node.edges.flatMap(\.numbers)
    }

    var node: WorkflowNode? {
        guard kind.count >= 4, edges.count.isMultiple(of: 5) else { return nil }
        let rest = kind[4...]
        let what: WorkflowNode.Kind
        switch (kind[0], rest.count, payload) {
        case (0, 3, let payload?):
            guard let part = WorkflowNode.Part(numbers: rest.dropFirst()) else { return nil }
            what = .job(template: kind[4], payload: payload.bytes, input: .value(part))
        case (1, 2, let payload?):
            what = .job(template: kind[4], payload: payload.bytes, input: .failure(of: kind[5]))
        case (2, let count, _) where count.isMultiple(of: 2):
            guard let parts = Self.parts(rest) else { return nil }
            what = .gather(parts)
        case (3, let count, _) where count.isMultiple(of: 3):
            guard let parts = Self.parts(rest.prefix(count / 3 * 2)) else { return nil }
            what = .collect(parts, regions: Array(rest.suffix(count / 3)))
        case (4, 2, _):
            guard let part = WorkflowNode.Part(numbers: rest) else { return nil }
            what = .relay(part)
        default: return nil
        }
        let starts = stride(from: 0, to: edges.count, by: 5)
        return WorkflowNode(
            kind: what,
            region: kind[1],
            join: WorkflowNode.Join(offset: kind[2], count: kind[3]),
            edges: starts.map { WorkflowNode.Edge(numbers: edges[$0..<($0 + 5)]) }
        )
    }

    private static func parts(_ numbers: ArraySlice<Int>) -> [WorkflowNode.Part]? {
        let starts = stride(from: numbers.startIndex, to: numbers.endIndex, by: 2)
        let parts = starts.compactMap { WorkflowNode.Part(numbers: numbers[$0..<($0 + 2)]) }
        return parts.count * 2 == numbers.count ? parts : nil
    }
}

extension WorkflowNode.Part {
    var numbers: [Int] {
        switch self {
        case .nothing: [0, 0]
        case .output(let node): [1, node]
        case .gathered(let node): [2, node]
        }
    }

    init?(numbers: ArraySlice<Int>) {
        guard numbers.count == 2, let node = numbers.last else { return nil }
        switch numbers.first {
        case 0: self = .nothing
        case 1: self = .output(of: node)
        case 2: self = .gathered(by: node)
        default: return nil
        }
    }
}

extension WorkflowNode.Edge {
    var numbers: [Int] { [target, position, join.offset, join.count, isJob ? 1 : 0] }

    fileprivate init(numbers: ArraySlice<Int>) {
        let first = numbers.startIndex
        self.init(
            target: numbers[first],
            position: numbers[first + 1],
            join: WorkflowNode.Join(offset: numbers[first + 2], count: numbers[first + 3]),
            isJob: numbers[first + 4] == 1
        )
    }
}

extension WorkflowRegion {
    /// Parent or -1, nodes, how many numbers an exit takes, exit, callbacks.
    var numbers: [Int] {
        let exit = self.exit?.numbers ?? []
        return [parent ?? -1, nodes.lowerBound, nodes.upperBound, exit.count] + exit + callbacks
    }

    init?(numbers: [Int]) {
        guard numbers.count >= 4, numbers[1] <= numbers[2], [0, 5].contains(numbers[3]), numbers.count >= 4 + numbers[3]
        else { return nil }
        let rest = numbers[4...]
        self.init(
            parent: numbers[0] < 0 ? nil : numbers[0],
            nodes: numbers[1]..<numbers[2],
            callbacks: Array(rest.dropFirst(numbers[3])),
            exit: numbers[3] == 5 ? WorkflowNode.Edge(numbers: rest.prefix(5)) : nil
        )
    }
}
