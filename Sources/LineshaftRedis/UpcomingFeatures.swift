//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// A misspelt upcoming feature is ignored in silence, so each that this module is built with is asserted here.

#if !hasFeature(ExistentialAny)
#error("ExistentialAny is off; see `settings` in Package.swift.")
#endif

#if !hasFeature(InternalImportsByDefault)
#error("InternalImportsByDefault is off; see `settings` in Package.swift.")
#endif

#if !hasFeature(MemberImportVisibility)
#error("MemberImportVisibility is off; see `settings` in Package.swift.")
#endif

#if !hasFeature(NonisolatedNonsendingByDefault)
#error("NonisolatedNonsendingByDefault is off; see `settings` in Package.swift.")
#endif
