// swift-tools-version: 6.2
import PackageDescription

// A package that uses Lineshaft as anybody's would. `.github/scripts/core-only.sh` builds it and looks at what was built.
let package = Package(
    name: "client",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "lineshaft", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "client",
            dependencies: [
                .product(name: "Lineshaft", package: "lineshaft")
            ]
        )
    ]
)
