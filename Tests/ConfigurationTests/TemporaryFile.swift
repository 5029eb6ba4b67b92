//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// A file that exists as long as somebody holds this.
final class TemporaryFile {
    private let url: URL

    init(_ text: String) throws {
        url = FileManager.default.temporaryDirectory.appending(path: "lineshaft-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: url)
    }

    deinit {
        do {
            try FileManager.default.removeItem(at: url)
        } catch {
            print("The file \(url.path) could not be removed: \(error)")
        }
    }

    var path: String { url.path }
}
