//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleImport
import ExampleTerminal
import Lineshaft

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Makes data to import.
struct SampleCommand: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Write the orders of a shop that does not exist, one CSV file for each month."
    )

    @Argument(help: "A new folder, or an archive if the name ends in .zip.")
    var destination: String

    @Option(name: .long, help: "How many files, from 1 to 120.")
    var files = 12

    @Option(name: .long, help: "How many orders in each file, from 0 to 100,000.")
    var rows = 2_000

    @Option(name: .long, help: "The number of a file with a mistake in it, from 1.")
    var broken: Int?

    func validate() throws {
        guard (1...120).contains(files) else {
            throw ValidationError("“--files” is \(files), but must be from 1 to 120.")
        }
        guard (0...100_000).contains(rows) else {
            throw ValidationError("“--rows” is \(rows), but must be from 0 to 100,000.")
        }
        if let broken, !(1...files).contains(broken) {
            throw ValidationError("“--broken” is \(broken), but must be the number of a file, from 1 to \(files).")
        }
    }

    func ending() async throws -> Pipeline.Ending {
        if FileManager.default.fileExists(atPath: destination) {
            throw ValidationError("There is something at “\(destination)” already.")
        }
        let data = SampleData(rows: rows, broken: broken)
        if destination.hasSuffix(".zip") {
            let archive = data.archive(files: files)
            try Data(archive).write(to: URL(filePath: destination), options: .atomic)
        } else {
            try FileManager.default.createDirectory(atPath: destination, withIntermediateDirectories: true)
            for index in 0..<files {
                let path = "\(destination)/\(SampleData.name(of: index))"
                try Data(data.file(index)).write(to: URL(filePath: path), options: .atomic)
            }
        }
        Terminal.output.print("\(files.of("file")) with \((files * rows).of("order")) are in \(destination)")
        return .complete
    }
}
