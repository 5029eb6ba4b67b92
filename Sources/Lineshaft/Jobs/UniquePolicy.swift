//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// When a job counts as the same as one that is already there, and is therefore not accepted a second time.
///
/// The caller of a duplicate gets a handle to the job that was there first, and is told so by
/// ``JobHandle/isDuplicate``.
public struct UniquePolicy: Sendable, Hashable {
    /// What makes two jobs of one type the same.
    package enum Basis: Sendable, Hashable {
        case payload
        case key(String)
    }

    /// How long the first one keeps others out.
    package enum Scope: Sendable, Hashable {
        case untilDone
        case window(Duration)
    }

    package let basis: Basis
    package let scope: Scope

    /// Jobs of one type with the same parameters are the same, until the first has ended.
    public static let byPayload = UniquePolicy(basis: .payload, scope: .untilDone)

    /// Jobs of one type with the same parameters are the same for `window` after the first was submitted.
    public static func byPayload(for window: Duration) -> UniquePolicy {
        UniquePolicy(basis: .payload, scope: .window(window))
    }

    /// Jobs of one type with this key are the same, until the first has ended.
    public static func byKey(_ key: String) -> UniquePolicy {
        UniquePolicy(basis: .key(key), scope: .untilDone)
    }

    /// Jobs of one type with this key are the same for `window` after the first was submitted.
    public static func byKey(_ key: String, for window: Duration) -> UniquePolicy {
        UniquePolicy(basis: .key(key), scope: .window(window))
    }

    /// The claim to uniqueness of one job, as brokers see it.
    package func claim(name: JobName, payload: [UInt8]) -> UniqueClaim {
        let subject: [UInt8]
        switch basis {
        case .payload: subject = [0] + payload
        case .key(let key): subject = [1] + Array(key.utf8)
        }
        let digest = SHA256.hash(Array(name.rawValue.utf8) + [0] + subject)
        let window: Duration?
        switch scope {
        case .untilDone: window = nil
        case .window(let duration): window = duration
        }
        return UniqueClaim(
            key: digest.prefix(16).map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }.joined(),
            window: window
        )
    }
}

/// What a broker keeps to recognise a duplicate.
public struct UniqueClaim: Sendable, Hashable {
    /// Equal for jobs of one queue that count as the same.
    public let key: String
    /// How long after submission the key is held; `nil` holds it until the job has ended.
    public let window: Duration?

    /// Creates a claim.
    public init(key: String, window: Duration?) {
        self.key = key
        self.window = window
    }
}
