//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// What libFuzzer calls with each input: a text that is read as a Redis URL.
///
/// Whatever is accepted is described as a URL that means the same. With a password put into the middle of the input, no
/// piece of it may appear in an error or a description.
@c(LLVMFuzzerTestOneInput)
public func fuzzAddresses(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: data, count: data == nil ? 0 : count)
    let text = String(decoding: input, as: UTF8.self)
    checkRoundTrip(text)
    guard count > 2, !text.contains("Zq") else { return 0 }
    let scheme = RedisConfiguration.schemes[Int(input[0]) % RedisConfiguration.schemes.count]
    let cut = 2 + Int(input[1]) % (count - 1)
    let before = String(decoding: input[2..<min(cut, count)], as: UTF8.self)
    let after = String(decoding: input[min(cut, count)...], as: UTF8.self)
    checkSecret("\(scheme)://user:\(before)ZqZqZqZq@\(after)")
    checkSecret("\(scheme)://user:\(before)ZqZqZqZq\(after)@host:1/0")
    return 0
}

private func checkRoundTrip(_ text: String) {
    do throws(ConfigurationError) {
        let configuration = try RedisConfiguration(url: text)
        guard configuration.credentials == nil, configuration.sentinelCredentials == nil else { return }
        let again = try RedisConfiguration(url: configuration.description)
        precondition(again == configuration, "“\(configuration)” means something else.")
    } catch {
        precondition(!error.message.isEmpty, "A refusal says nothing.")
    }
}

private func checkSecret(_ url: String) {
    do throws(ConfigurationError) {
        let configuration = try RedisConfiguration(url: url)
        precondition(!"\(configuration)".contains("Zq"), "A description shows the password.")
        precondition(!String(reflecting: configuration).contains("Zq"), "A debug description shows the password.")
    } catch {
        precondition(!error.message.contains("Zq"), "An error shows the password.")
    }
}
