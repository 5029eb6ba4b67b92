//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft

struct Greet: Job {
    static let name: JobName = "greet"
    var person: String
    typealias Output = String
}

print(Greet.name)
