//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation

/// Runs scenarios one after the other and says what came of each.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run scenarios; all of them if none is named.",
        discussion: """
            Each starts a redis-server of its own in a temporary folder, and worker processes, and stops them at the end. After \
            each the record of all processes is judged by the same checker that judges simulated histories, and every \
            acknowledged job must have one outcome in Redis. The program ends with 1 if a promise was broken.

            \(Scenarios.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"))
            """
    )

    /// One line of `--json`.
    private struct Line: Encodable {
        let scenario: String
        let result: String
        let figures: [Report.Figure]
        let events: [String: Int]
        let remarks: [String]
        let violations: [String]
    }

    @Argument(help: "The scenarios to run.")
    var scenarios: [String] = []

    @Option(help: "How many jobs each takes, at least.")
    var jobs: Int?

    @Option(help: "How long leases run in `crash`, in milliseconds.")
    var lease = 8_000

    @Flag(help: "Take few jobs and short times, as the gate does.")
    var short = false

    @Flag(help: "Print one JSON object a line for each scenario.")
    var json = false

    func validate() throws {
        for name in scenarios where !Scenarios.all.contains(where: { $0.name == name }) {
            let known = Scenarios.all.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no scenario “\(name)”. There are \(known).")
        }
        if lease < 100 { throw ValidationError("--lease must be 100 or more.") }
        if let jobs, jobs < 100 { throw ValidationError("--jobs must be 100 or more.") }
    }

    func run() async throws {
        var hasFailed = false
        for scenario in Scenarios.all where scenarios.isEmpty || scenarios.contains(scenario.name) {
            let household = try Household()
            let signals = household.clearOnSignals()
            defer { for signal in signals { signal.cancel() } }
            let isKept = try await run(scenario, household)
            hasFailed = hasFailed || !isKept
            household.clear()
        }
        if hasFailed { throw ExitCode.failure }
    }

    /// Runs one; whether all promises were kept.
    private func run(_ scenario: any Scenario, _ household: Household) async throws -> Bool {
        let size = jobs ?? (short ? scenario.jobs.short : scenario.jobs.full)
        let stage = Stage(
            scenario,
            jobs: size,
            isShort: short,
            lease: .milliseconds(lease),
            household: household
        )
        Talk.error("\(scenario.name): \(scenario.summary)")
        var result = "kept"
        do {
            try await scenario.run(stage)
        } catch let skipped as Skipped {
            result = "skipped"
            stage.report.remark(skipped.description)
        } catch {
            stage.report.violation("The scenario could not be run to its end: \(error)")
        }
        await stage.close()
        if !stage.report.violations.isEmpty { result = "broken" }
        try show(stage.report, of: scenario, result)
        return result != "broken"
    }

    private func show(_ report: Report, of scenario: any Scenario, _ result: String) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let line = Line(
                scenario: scenario.name,
                result: result,
                figures: report.figures,
                events: report.eventCounts,
                remarks: report.remarks,
                violations: report.violations
            )
            Talk.result(String(decoding: try encoder.encode(line), as: UTF8.self))
            return
        }
        let figures = report.figures.map { figure in
            let value =
                figure.value == figure.value.rounded()
                ? Int(figure.value).grouped : "\((figure.value * 1_000).rounded() / 1_000)"
            return "\(figure.name) \(value)\(figure.unit == "s" ? " s" : "")"
        }
        Talk.result("\(scenario.name): \(result)" + (report.events.isEmpty ? "" : "; \(report.events)"))
        if !figures.isEmpty { Talk.result("  \(figures.joined(separator: ", "))") }
        for remark in report.remarks { Talk.result("  \(remark)") }
        for violation in report.violations { Talk.result("  BROKEN: \(violation)") }
    }
}
