// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let collections: [Target.Dependency] = [
    .product(name: "DequeModule", package: "swift-collections"),
    .product(name: "HeapModule", package: "swift-collections"),
]

let package = Package(
    name: "lineshaft",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Lineshaft", targets: ["Lineshaft"]),
        .library(name: "LineshaftTesting", targets: ["LineshaftTesting"]),
        .library(name: "LineshaftConfiguration", targets: ["LineshaftConfiguration"]),
        .library(name: "LineshaftRedis", targets: ["LineshaftRedis"]),
        .executable(name: "quickstart", targets: ["quickstart"]),
        .executable(name: "manifest", targets: ["manifest"]),
        .executable(name: "fleet", targets: ["fleet"]),
        .executable(name: "pipeline", targets: ["pipeline"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.1.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        .target(
            name: "Lineshaft",
            dependencies: collections + [
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "LineshaftTesting",
            dependencies: [
                "Lineshaft",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .systemLibrary(name: "CUV", providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .target(
            name: "UVEventLoop",
            dependencies: ["CUV", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: settings
        ),
        .target(
            name: "LineshaftRedis",
            dependencies: [
                "CHiredis", "COpenSSL", "Lineshaft", "UVEventLoop",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        // Entry points for a fuzzer, linked by Tests/Fuzz/run.
        .target(
            name: "FuzzReplies",
            dependencies: ["LineshaftRedis"],
            path: "Tests/Fuzz/Replies",
            swiftSettings: settings
        ),
        .target(
            name: "FuzzAddresses",
            dependencies: ["Lineshaft", "LineshaftRedis"],
            path: "Tests/Fuzz/Addresses",
            swiftSettings: settings
        ),
        .target(
            name: "LineshaftConfiguration",
            dependencies: [
                "Lineshaft",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ExampleTerminal",
            dependencies: [
                "Lineshaft",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Examples/Shared/Terminal",
            swiftSettings: settings
        ),
        .target(
            name: "ExampleSum",
            dependencies: ["Lineshaft"],
            path: "Examples/Shared/Sum",
            swiftSettings: settings
        ),
        .target(
            name: "ExampleManifest",
            dependencies: [
                "ExampleTerminal", "Lineshaft",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Examples/Shared/Manifest",
            swiftSettings: settings
        ),
        .target(
            name: "ExampleImport",
            dependencies: [
                "ExampleManifest", "ExampleTerminal", "Lineshaft",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Examples/Shared/Import",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "quickstart",
            dependencies: [
                "ExampleSum", "ExampleTerminal", "Lineshaft",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Examples/quickstart",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "manifest",
            dependencies: [
                "ExampleManifest", "ExampleTerminal", "Lineshaft",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Examples/manifest",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "fleet",
            dependencies: [
                "ExampleManifest", "ExampleSum", "ExampleTerminal", "Lineshaft", "LineshaftConfiguration",
                "LineshaftRedis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Examples/fleet",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "pipeline",
            dependencies: [
                "ExampleImport", "ExampleTerminal", "Lineshaft", "LineshaftConfiguration", "LineshaftRedis",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Examples/pipeline",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "lineshaft-bench",
            dependencies: [
                "Lineshaft", "LineshaftRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Benchmarks/lineshaft-bench",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "redis-scripts",
            dependencies: ["LineshaftRedis"],
            path: "Tests/Benchmarks/redis-scripts",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "redis-faults",
            dependencies: [
                "Lineshaft", "LineshaftRedis", "LineshaftTesting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Faults/redis-faults",
            swiftSettings: settings
        ),
        .testTarget(
            name: "LineshaftTests",
            dependencies: [
                "Lineshaft", "LineshaftTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "UVEventLoopTests",
            dependencies: ["UVEventLoop", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "ExampleSum", "Lineshaft", "LineshaftConfiguration",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RedisTests",
            dependencies: [
                "CHiredis", "Lineshaft", "LineshaftRedis", "LineshaftTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["Lineshaft", "LineshaftTesting"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Lineshaft", "LineshaftTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "ExampleImport", "ExampleManifest", "ExampleSum", "ExampleTerminal", "Lineshaft", "LineshaftTesting",
                "fleet", "manifest", "pipeline", "quickstart",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: ["redis-faults"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Lineshaft", "LineshaftTesting",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
    ]
)
