//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

/// The short forms of the program's scenarios, each with servers and worker processes of its own.
///
/// What a machine does not allow, such as a network namespace without root's rights, is skipped by the program, which says so.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct FaultTests {
    @Test
    func `Killing workers loses no job and ends none twice`() async throws {
        try await FaultProgram.run("crash")
    }

    @Test
    func `Killing workers of workflows leaves one callback for each and all results in order`() async throws {
        try await FaultProgram.run("workflow")
    }

    @Test
    func `Killing workers that hold places of tenants loses no place and exceeds no limit`() async throws {
        try await FaultProgram.run("tenants")
    }

    @Test
    func `A server that is killed forgets nothing when it syncs always`() async throws {
        try await FaultProgram.run("restart-always")
    }

    @Test
    func `A server that forgets its last second loses what was acknowledged then and no more`() async throws {
        try await FaultProgram.run("restart-everysec")
    }

    @Test
    func `Cutting all connections many times a second loses no job`() async throws {
        try await FaultProgram.run("cut")
    }

    @Test
    func `A server that is silent for longer than commands may take loses no job`() async throws {
        try await FaultProgram.run("pause")
    }

    @Test
    func `A server without memory refuses submissions and lets workers go on`() async throws {
        try await FaultProgram.run("memory")
    }

    @Test
    func `A server without disk refuses calls and goes on when there is room`() async throws {
        try await FaultProgram.run("disk")
    }

    @Test
    func `A worker that is cut off for longer than its lease can settle nothing`() async throws {
        try await FaultProgram.run("partition")
    }

    @Test
    func `A worker that is stopped for longer than its lease can settle nothing`() async throws {
        try await FaultProgram.run("stop")
    }

    @Test
    func `A failover loses what no replica had and no more`() async throws {
        try await FaultProgram.run("failover")
    }

    @Test
    func `A failover loses nothing that waited for a replica`() async throws {
        try await FaultProgram.run("failover-wait")
    }
}
