//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

/// The value of a call that changes something, which the macros of Testing cannot take apart.
func given<Value>(_ value: Value) -> Value { value }

/// The value of a call that changes something, which must not be `nil`.
func need<Value>(_ value: Value?, sourceLocation: SourceLocation = #_sourceLocation) throws -> Value {
    try #require(value, sourceLocation: sourceLocation)
}
