//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Where a program writes: one of the streams that it was started with.
public struct Terminal: Sendable {
    /// What the program is asked for.
    public static let output = Terminal(descriptor: STDOUT_FILENO)
    /// What went wrong.
    public static let errors = Terminal(descriptor: STDERR_FILENO)

    private let descriptor: CInt

    private init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Makes it safe to write, however the program was started.
    ///
    /// Call it first of all. A stream that the program was started without is opened on nothing: the next file that the
    /// program opens would else get its number, and whatever is printed. A pipe whose reader has gone is an error of
    /// `write` from then on, and not the end of a program that has other work to do.
    public static func prepare() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // It gets the lowest number that is free, which is this one.
            _ = open("/dev/null", O_RDWR)
        }
        signal(SIGPIPE, SIG_IGN)
    }

    /// Whether a person sees it, so that a line may be redrawn in place.
    ///
    /// A file or a pipe is not redrawn.
    public var isInteractive: Bool { isatty(descriptor) == 1 }

    /// Writes text as it is.
    ///
    /// What a closed or full stream does not take is lost: there is nobody left to tell.
    public func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Writes a line.
    public func print(_ line: String) {
        write(line + "\n")
    }

    /// Ends the program with a code.
    public static func exit(_ code: Int32) -> Never {
        posixExit(code)
    }
}

// The C functions by names that the methods above do not hide.
private func posixWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

private func posixExit(_ code: Int32) -> Never {
    exit(code)
}
