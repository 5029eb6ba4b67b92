//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension HashFile {
    /// What workers run for the job.
    ///
    /// A file that is gone or may not be read fails its job at once; any other trouble with it is tried again.
    ///
    /// - Parameter threads: Where files are read.
    /// - Returns: The handler, for a worker's list.
    public static func handler(threads: BlockingThreads = BlockingThreads()) -> Handler<HashFile> {
        Handler(for: HashFile.self) { job, _ in
            let path = job.folder.appending(job.path)
            return try await threads.run { isCancelled in
                do throws(FileError) {
                    let file = try OpenFile(path)
                    return try file.digest(while: { !isCancelled() })
                } catch {
                    throw error.isPermanent ? PermanentFailure(error.description) : error
                }
            }
        }
    }
}
