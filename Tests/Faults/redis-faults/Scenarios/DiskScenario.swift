//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftRedis

/// The disk with the server's append-only file is full for a while.
struct DiskScenario: Scenario {
    let name = "disk"
    let summary = "the disk of the append-only file full: submissions fail and say why, workers wait and go on"
    let jobs = (full: 10_000, short: 500)

    func run(_ stage: Stage) async throws {
        let folder = stage.household.folder + "/disk"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        guard geteuid() == 0 else { throw Skipped(description: "A small disk can be mounted by root only.") }
        do {
            try stage.household.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder])
        } catch {
            throw Skipped(description: "No small disk can be mounted here: \(error)")
        }
        stage.household.undo {
            if umount2(folder, CInt(MNT_DETACH)) != 0 { Talk.error("\(folder) could not be unmounted.") }
        }
        let server = try stage.startServer(
            ["--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"],
            in: folder
        )
        try await stage.open(server.url)
        try stage.crew.start(2, Crew.Terms(url: server.url, lease: .seconds(2)))
        let plan = Load.Plan(
            jobs: stage.jobs,
            window: 50,
            goesOn: true,
            probe: Probe(milliseconds: 5),
            identities: stage.name
        )
        try await stage.live(under: plan) { load in
            for _ in 0..<(stage.isShort ? 1 : 3) {
                let before = load.counts.told
                while load.counts.told < before + 100 { try await stage.clock.sleep(for: .milliseconds(20)) }
                try fill(folder + "/filler")
                stage.report.count("disk filled")
                let refusals = load.refusals
                while load.refusals < refusals + 20 { try await stage.clock.sleep(for: .milliseconds(20)) }
                // Longer than a lease: what was claimed is given out again.
                try await stage.clock.sleep(for: .seconds(3))
                try FileManager.default.removeItem(atPath: folder + "/filler")
            }
        }
        let refusals = stage.progress.refusals
        stage.report.note("refusals", Double(refusals.values.reduce(0, +)), "submissions")
        for (message, _) in refusals.sorted(by: { $0.value > $1.value }).prefix(1) {
            stage.report.remark("A submitter is told: \(message)")
        }
        try await stage.judge()
    }

    /// Writes until there is no room left.
    private func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Skipped(description: "\(path) cannot be written.") }
        defer { close(descriptor) }
        for size in [1 << 20, 1 << 12, 1] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(descriptor, zeros, size) > 0 {}
        }
    }
}
