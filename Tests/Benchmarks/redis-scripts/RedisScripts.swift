//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import LineshaftRedis

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes the scripts of the Redis broker to files, one each, for programs that are not written in Swift.
@main
enum RedisScripts {
    static func main() {
        guard CommandLine.arguments.count == 2 else {
            print("usage: redis-scripts FOLDER")
            exit(2)
        }
        for script in StorageScript.allCases {
            let path = "\(CommandLine.arguments[1])/\(script.rawValue).lua"
            guard let file = fopen(path, "w") else {
                print("redis-scripts: \(path) cannot be written: \(String(cString: strerror(errno)))")
                exit(1)
            }
            fputs(script.source(), file)
            fclose(file)
        }
    }
}
