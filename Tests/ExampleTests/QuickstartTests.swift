//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Testing

@Suite("The quickstart", .timeLimit(.minutes(20)))
struct QuickstartTests {
    @Test("It ends with the sum, the time, and what ran, was retried and failed")
    func sum() async throws {
        let result = try await ChildProcess.run([Program.quickstart])
        #expect(result.code == 0)
        #expect(result.errors.isEmpty)
        #expect(result.output.last == "499999500000")
        let summary = try #require(result.output.dropLast().last)
        // The failures are drawn from a seed, so their number is always the same.
        #expect(summary.wholeMatch(of: /1,000 jobs ran, 52 retries, 0 failed, in \d+\.\d\d s/) != nil, "\(summary)")
    }

    @Test("Without a terminal it shows progress in plain lines")
    func plainProgress() async throws {
        let result = try await ChildProcess.run([Program.quickstart])
        let progress = result.output.dropLast(2)
        #expect(!progress.isEmpty)
        #expect(progress.last == "[####################] 100 %  1000 of 1000 jobs, 52 retries")
        #expect(!result.everything.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\r" })
    }

    @Test("An argument that it does not know is refused, and the error says what to run")
    func argument() async throws {
        let result = try await ChildProcess.run([Program.quickstart, "--fast"])
        #expect(result.code == 64 && result.output.isEmpty)
        #expect(
            result.errors == ["quickstart: it takes no arguments, and was given “--fast”. Run: swift run quickstart"]
        )
    }
}
