//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Testing

@testable internal import ExampleImport

@Suite("Parts of the pipeline", .timeLimit(.minutes(20)))
struct ImportPartsTests {
    private static func records(_ text: String) throws(ImportProblem) -> [CSVReader.Record] {
        var reader = CSVReader()
        var records: [CSVReader.Record] = []
        for byte in text.utf8 {
            if let record = try reader.take(byte) { records.append(record) }
        }
        if let record = try reader.finish() { records.append(record) }
        return records
    }

    @Test("Records are split at commas and line ends, and quotes keep both")
    func records() throws {
        let text = "a,b\r\n\"x, \"\"y\"\"\nz\",\"\"\r\n\n,\nlast,\"1\""
        let records = try Self.records(text)
        #expect(records.map(\.fields) == [["a", "b"], ["x, \"y\"\nz", ""], ["", ""], ["last", "1"]])
        #expect(records.map(\.line) == [1, 2, 5, 6])
        #expect(try Self.records("").isEmpty)
    }

    @Test(
        "What is no CSV is an error with its place",
        arguments: [
            ("a,b\nc,\"d\"e", "line 2, column 2 (date): something stands behind the closing quote"),
            ("a\"b", "line 1, column 1 (order): a quote stands in a field that does not begin with one"),
            ("a\nb,\"c\n\n", "line 2, column 2 (date): the file ends within quotes"),
        ]
    )
    func noCSV(text: String, problem: String) {
        #expect { try Self.records(text) } throws: { "\($0)" == problem }
    }

    @Test("Bytes that are not UTF-8, and records without end, are errors")
    func badBytes() {
        var reader = CSVReader()
        #expect(throws: ImportProblem(line: 1, column: 1, text: "the field is not UTF-8")) {
            for byte in [0xFF, 0x0A] as [UInt8] { _ = try reader.take(byte) }
        }
        var other = CSVReader()
        #expect(throws: ImportProblem.self) {
            for _ in 0...CSVReader.maximumLength { _ = try other.take(UInt8(ascii: "x")) }
        }
    }

    @Test(
        "The first field of an order that is wrong is named",
        arguments: [
            ("1,2025-02-29,A,DE,LAMP-20,1,1.00", 2), ("1,2024-02-29,A,DE,LAMP-20,1,1.00", nil),
            ("-1,2025-01-01,A,DE,L-1,1,1.00", 1),
            ("1,2025-1-01,A,DE,L-1,1,1.00", 2), ("1,2025-01-01,,DE,L-1,1,1.00", 3), ("1,2025-01-01,A,de,L-1,1,1.00", 4),
            ("1,2025-01-01,A,DE,l-1,1,1.00", 5), ("1,2025-01-01,A,DE,L1,1,1.00", 5),
            ("1,2025-01-01,A,DE,L-1,0,1.00", 6),
            ("1,2025-01-01,A,DE,L-1,1001,1.00", 6), ("1,2025-01-01,A,DE,L-1,1,1.0", 7),
            ("1,2025-01-01,A,DE,L-1,1,0.00", 7),
            ("1,2025-01-01,A,DE,L-1,1,100000.01", 7), ("1,2025-01-01,A,DE,L-1,1,100000.00", nil),
        ]
    )
    func orders(line: String, column: Int?) throws {
        let record = try #require(try Self.records(line).first)
        do {
            _ = try Order(record)
            #expect(column == nil)
        } catch {
            #expect(error.column == column)
        }
    }

    @Test("Totals of parts are the totals of the whole, wherever it was cut")
    func parts() throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleData(rows: 101).file(0), to: "a.csv")
        func read(by limit: Int) throws -> OrderTotals {
            var totals = OrderTotals()
            var position: OrderFile.Position? = OrderFile.Position()
            while let start = position {
                let file = try OrderFile(folder.path + "/a.csv", name: "a.csv")
                position = try file.read(from: start, limit: limit, isCancelled: { false }) { totals.add($0) }
            }
            return totals
        }
        let whole = try read(by: .max)
        #expect(whole.all.orders == 101 && whole.firstDay == "2025-01-01" && whole.lastDay == "2025-01-31")
        for limit in [1, 7, 100, 101, 102] { #expect(try read(by: limit) == whole) }
    }

    @Test(
        "The first line must name the columns",
        arguments: [
            ("", "line 1: the file is empty"), ("order,date,customer", "column 4"), ("a,date,customer", "column 1"),
            ("order,date,customer,country,product,quantity,price,more", "column 8"),
        ]
    )
    func header(text: String, problem: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text.utf8, to: "a.csv")
        #expect {
            let file = try OrderFile(folder.path + "/a.csv", name: "a.csv")
            _ = try file.read(isCancelled: { false }) { _ in true }
        } throws: { "\($0)".hasPrefix("a.csv, ") && "\($0)".contains(problem) }
    }

    // MARK: Archives

    @Test("Archives are unpacked under numbers, and folders, other files and a Mac's additions left out")
    func unpacking() throws {
        let folder = try TemporaryFolder()
        var writer = ZipWriter()
        for name in ["b [1]*.csv", "-x.csv", "sub/Ä.CSV", "__MACOSX/._a.csv", "notes.txt", ".hidden.csv"] {
            writer.add(name, Array("bytes of \(name)".utf8))
        }
        try folder.write(writer.bytes, to: "a.zip")
        let unpacked = try unpack(folder)
        #expect(unpacked.files.map(\.name) == ["-x.csv", "b [1]*.csv", "sub/Ä.CSV"])
        #expect(unpacked.ignored == [".hidden.csv", "__MACOSX/._a.csv", "notes.txt"])
        #expect(try folder.names == ["1.csv", "2.csv", "3.csv", "a.zip"])
        for (index, file) in unpacked.files.enumerated() {
            #expect(try folder.text("\(index + 1).csv") == "bytes of \(file.name)")
        }
    }

    @Test("Names that lead elsewhere, links, names that stand there twice, and too much are refused")
    func refusals() throws {
        for (name, kind, text) in [
            ("../a.csv", ZipWriter.Kind.file, "leads out"), ("/tmp/a.csv", .file, "leads out"),
            ("a/../../a.csv", .file, "leads out"), ("link.csv", .link, "symbolic link"),
            ("a\\b.csv", .file, "not allowed"),
            ("a\nb.csv", .file, "not allowed"), ("good.csv", .file, "twice"),
        ] {
            let folder = try TemporaryFolder()
            var writer = ZipWriter()
            writer.add("good.csv", Array("x".utf8))
            writer.add(name, Array("/etc/passwd".utf8), kind: kind)
            try folder.write(writer.bytes, to: "a.zip")
            #expect { try unpack(folder) } throws: { "\($0)".contains(text) }
            #expect(try folder.names == ["a.zip"])
        }
        let folder = try TemporaryFolder()
        var writer = ZipWriter()
        for index in 0..<3 { writer.add("\(index).csv", [UInt8](repeating: 0x41, count: 1_000)) }
        try folder.write(writer.bytes, to: "a.zip")
        #expect { try unpack(folder, UnpackLimits(bytes: 2_999)) } throws: { "\($0)".contains("2999 bytes") }
        #expect { try unpack(folder, UnpackLimits(files: 2)) } throws: { "\($0)".contains("holds 3 files") }
        #expect(try unpack(folder, UnpackLimits(files: 3, bytes: 3_000)).files.count == 3)
    }

    @Test("A size that the archive lies about is counted, and damage noticed")
    func lies() throws {
        let folder = try TemporaryFolder()
        var writer = ZipWriter()
        writer.add("a.csv", [UInt8](repeating: 0x41, count: 1_000))
        var bytes = writer.bytes
        let position = try #require(bytes.firstIndex(of: 0x41))
        bytes[position] = 0x42
        try folder.write(bytes, to: "a.zip")
        #expect { try unpack(folder) } throws: { "\($0)".contains("“a.csv” cannot be unpacked: ") }

        let entry = ArchiveEntry(name: "a.csv", size: 1)
        var count = 0
        #expect(throws: ArchiveProblem("enough")) {
            try Archive(folder.path + "/a.zip").extract(entry) { bytes in
                count += bytes.count
                if count > 10 { throw ArchiveProblem("enough") }
            }
        }
    }

    private func unpack(_ folder: TemporaryFolder, _ limits: UnpackLimits = UnpackLimits()) throws -> Unpacked {
        try Unpacker(into: folder.path, limits: limits).unpack(folder.path + "/a.zip", isCancelled: { false })
    }

    @Test("What a temporary folder deletes follows from an import's identity, whatever a job says")
    func scratch() throws {
        let folder = try TemporaryFolder()
        let id = Import(source: "/a", report: folder.path + "/r", rowsPerStep: 1).id
        let scratch = Scratch(in: folder.path, for: id)
        _ = try scratch.makeFolder(for: 7)
        try folder.write("x".utf8, to: "kept")
        #expect(scratch.exists)
        try scratch.delete()
        try scratch.delete()
        #expect(try folder.names == ["kept"])
    }
}
