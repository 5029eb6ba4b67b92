//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Duration {
    /// The duration as people say it: `0.53 s`, `12 s`, `3 min 20 s`.
    public var inWords: String {
        let hundredths = components.seconds * 100 + components.attoseconds / 10_000_000_000_000_000
        if hundredths < 1_000 {
            let fraction = "\(hundredths % 100)"
            return "\(hundredths / 100).\(fraction.count == 1 ? "0" : "")\(fraction) s"
        }
        let seconds = hundredths / 100
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }
}

extension Int {
    /// The number with a comma between thousands: `1,234,567`.
    public var grouped: String {
        let digits = Array(String(magnitude).reversed())
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + String(text.reversed())
    }

    /// The number as a size in bytes: `512 bytes`, `1.5 KiB`, `20.0 GiB`.
    public var asBytes: String {
        guard magnitude >= 1_024 else { return "\(self) bytes" }
        var tenths = Double(self) * 10
        var unit = 0
        while tenths.magnitude >= 10_240 && unit < 6 {
            tenths /= 1_024
            unit += 1
        }
        let rounded = Int(tenths.rounded())
        let name = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit]
        return "\(rounded / 10).\((rounded % 10).magnitude) \(name)"
    }

    /// The number with a noun: `1 file`, `2,000 files`.
    public func of(_ noun: String) -> String {
        "\(grouped) \(noun)\(self == 1 ? "" : "s")"
    }
}
