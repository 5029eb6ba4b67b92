//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct JSONCodecTests {
    private struct Order: Job {
        static let name: JobName = "order"

        var zip = 8_001
        var name = "a"
        var amounts = ["pears": 3, "apples": 2, "plums": 1]
        var isPaid = false
        var more = More()

        struct More: Codable, Sendable {
            var y = 2
            var x = 1
        }
    }

    @Test
    func `Equal values are equal texts`() throws {
        let text =
            #"{"amounts":{"apples":2,"pears":3,"plums":1},"isPaid":false,"more":{"x":1,"y":2},"name":"a","zip":8001}"#
        for _ in 0..<50 {
            #expect(String(decoding: try JSONCodec().encode(Order()), as: UTF8.self) == text)
        }
    }

    @Test
    func `Jobs of several properties are recognised by their payload`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        let first = try await jobs.submit(Order(), unique: .byPayload)
        for _ in 0..<50 {
            #expect(try await jobs.submit(Order(), unique: .byPayload).id == first.id)
        }
        #expect(try await jobs.submit(Order(zip: 8_002), unique: .byPayload).id != first.id)
        await jobs.shutdown()
    }
}
