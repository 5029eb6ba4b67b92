//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct ScriptFallbackTests {
    private let script = RedisScript(source: "return 1")
    private let missing = RESPValue.refusal("NOSCRIPT No matching script. Please use EVAL.")

    @Test("What is no missing script is the answer")
    func delivers() {
        var fallback = ScriptFallback()
        #expect(fallback.answered(script.digest, reply: .integer(1), attempt: 1) == .deliver)
        #expect(fallback.answered(script.digest, reply: .refusal("ERR NOSCRIPT"), attempt: 1) == .deliver)
    }

    @Test("A missing script is loaded once for all calls that were under way")
    func loadsOnce() {
        var fallback = ScriptFallback()
        let other = RedisScript(source: "return 2")
        #expect(fallback.answered(script.digest, reply: missing, attempt: 1) == .loadAndRepeat)
        #expect(fallback.answered(script.digest, reply: missing, attempt: 1) == .repeat)
        #expect(fallback.answered(other.digest, reply: missing, attempt: 1) == .loadAndRepeat)
        #expect(fallback.loaded(script.digest, reply: .bulk(script.digest.description)) == nil)
        // Somebody flushed the scripts in between.
        #expect(fallback.answered(script.digest, reply: missing, attempt: 2) == .loadAndRepeat)
        #expect(fallback.answered(script.digest, reply: missing, attempt: 3) == .deliver)
        #expect(script.load == ["SCRIPT", "LOAD", "return 1"])
    }

    @Test("A script that cannot be loaded says why")
    func reportsFailedLoading() {
        var fallback = ScriptFallback()
        _ = fallback.answered(script.digest, reply: missing, attempt: 1)
        #expect(
            fallback.loaded(script.digest, reply: .refusal("ERR Error compiling script"))?.line.contains("compiling")
                == true
        )
    }

    @Test("Another connection loads for itself")
    func forgetsWithTheConnection() {
        var fallback = ScriptFallback()
        _ = fallback.answered(script.digest, reply: missing, attempt: 1)
        fallback.disconnected()
        #expect(fallback.answered(script.digest, reply: missing, attempt: 1) == .loadAndRepeat)
    }
}
