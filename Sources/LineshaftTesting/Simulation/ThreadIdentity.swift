//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One thread of this process, to be compared with another.
struct ThreadIdentity: Sendable, Equatable {
    private let rawValue: UInt

    /// The calling thread.
    static var current: ThreadIdentity {
        #if canImport(Darwin)
        ThreadIdentity(rawValue: UInt(bitPattern: pthread_self()))
        #else
        ThreadIdentity(rawValue: UInt(pthread_self()))
        #endif
    }
}
