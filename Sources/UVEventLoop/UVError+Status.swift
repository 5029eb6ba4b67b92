//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CUV

/// A negative number with which libuv says what failed.
struct FailedStatus: Error, Sendable, Hashable {
    let value: Int32

    init(_ value: Int32) {
        self.value = value
    }

    init(_ value: uv_errno_t) {
        self.value = value.rawValue
    }

    static let timedOut = FailedStatus(UV_ETIMEDOUT)
    static let already = FailedStatus(UV_EALREADY)
    static let tryAgain = FailedStatus(UV_EAGAIN)

    /// Throws if a call has failed.
    static func check(_ value: Int32) throws(FailedStatus) {
        if value < 0 { throw FailedStatus(value) }
    }

    /// The system's name of the error.
    var name: String { text { uv_err_name_r(value, $0, $1) } }

    /// What the system says about it.
    var explanation: String { text { uv_strerror_r(value, $0, $1) } }

    private func text(_ write: (UnsafeMutablePointer<CChar>, Int) -> UnsafeMutablePointer<CChar>?) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        _ = buffer.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.map { write($0, buffer.count) } }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What kind of failure it is.
    var code: UVError.Code {
        switch uv_errno_t(value) {
        case UV_ECONNREFUSED, UV_ENOENT: .refused
        case UV_EHOSTUNREACH, UV_ENETUNREACH, UV_ENETDOWN, UV_EADDRNOTAVAIL: .unreachable
        case UV_EACCES, UV_EPERM: .denied
        case UV_ETIMEDOUT: .timedOut
        case UV_ECONNRESET, UV_ECONNABORTED, UV_EPIPE: .reset
        case UV_EOF: .ended
        case UV_ECANCELED: .cancelled
        case UV_EAI_NONAME, UV_EAI_NODATA, UV_EAI_AGAIN, UV_EAI_FAIL, UV_EAI_ADDRFAMILY: .unresolved
        default: .system
        }
    }
}

extension UVError {
    /// An error of the system's.
    ///
    /// - Parameters:
    ///   - status: What failed.
    ///   - task: What could not be done, as the beginning of a sentence.
    ///   - advice: What to do about it, as its end.
    init(_ status: FailedStatus, _ task: String, advice: String) {
        self.init(
            code: status.code,
            message: "\(task): \(status.explanation) (\(status.name)); \(advice).",
            name: status.name
        )
    }

    static let cancelled = UVError(
        code: .cancelled,
        message: "The task was cancelled while it waited for the network; nothing else is wrong."
    )

    static func loopClosed(_ name: String) -> UVError {
        UVError(code: .loopClosed, message: "The event loop “\(name)” has been closed; make a new one to go on.")
    }
}
