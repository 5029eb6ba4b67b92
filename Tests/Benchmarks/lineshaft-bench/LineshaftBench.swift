//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser

/// Measures Lineshaft.
///
/// Every figure is compared with a reference from the same run, because times of a shared machine mean nothing by
/// themselves.
@main
struct LineshaftBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineshaft-bench",
        abstract: "Measures Lineshaft against floors and rivals, in one run.",
        discussion: "Build it with `-c release`; a debug build says nothing about speed.",
        subcommands: [
            MemoryBenchmark.self, RedisBenchmark.self, ScaleBenchmark.self, WorkflowBenchmark.self,
            LimitsBenchmark.self,
        ]
    )
}
