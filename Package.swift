// swift-tools-version: 6.1
// One package, three binaries. The order below is the order of the layers: a target may depend only on
// targets above it in this file. `Tests/Tidy` checks that, and the imports of the pure targets.
import PackageDescription

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Pure targets: value types only. No clock, no random source, no I/O, no Foundation.
func pure(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

/// Shell targets: they touch the world.
func shell(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swift)
}

/// A program that only tests start.
func testTool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swift)
}

func system(_ name: String, pkgConfig: String?, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// Rendering kernels are part of the protocol: their bits must not depend on the build configuration.
let kernelFlags = [
    "-O2", "-ffp-contract=off", "-fno-fast-math", "-fno-math-errno", "-fno-exceptions", "-Werror=double-promotion", "-Wno-c23-extensions",
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let toml: Target.Dependency = .product(name: "TOMLKit", package: "TOMLKit")

let package = Package(
    name: "inferix",
    products: [
        .executable(name: "node", targets: ["NodeCLI"]),
        .executable(name: "netsim", targets: ["netsim"]),
        .executable(name: "bootstrap", targets: ["bootstrap"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // System libraries.
        // Two pkg-config files ask for -pthread, which SwiftPM warns about; their headers and libraries are in the default places.
        system("CUV", pkgConfig: nil, apt: "libuv1-dev"),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
        system("CJPEG", pkgConfig: "libjpeg", apt: "libjpeg62-turbo-dev"),
        system("COpenEXR", pkgConfig: nil, apt: "libopenexr-dev"),
        .target(name: "COpenCL"),
        .target(name: "CSandbox"),
        .target(name: "CClock"),
        .target(name: "CHeap"),
        .target(name: "CHints"),
        .target(name: "CMicroHTTPD"),
        // Whole pictures in plain loops: unoptimised they take a minute.
        .target(name: "CDenoise", cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "CImageIO", dependencies: ["CPNG", "CJPEG"]),
        .target(name: "CRenderKernels", cSettings: [.unsafeFlags(kernelFlags)], cxxSettings: [.unsafeFlags(kernelFlags)]),

        // Pure below the line: values in, values out.
        pure("Determinism"),
        pure("Wire", ["Determinism"]),
        pure("Crypto", ["CSodium", "Wire", "Determinism"]),
        pure("Identity", ["Crypto", "Wire", "Determinism"]),
        pure("LibP2P", ["Identity", "Crypto", "Wire", "Determinism"]),
        pure("Kademlia", ["LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        pure("GossipSub", ["LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        pure("Blocks", ["LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        pure("RenderModel", ["Identity", "Crypto", "Wire", "Determinism"]),
        pure("ProofOfRender", ["RenderModel", "Identity", "Crypto", "Wire", "Determinism"]),
        pure("Ledger", ["ProofOfRender", "RenderModel", "Identity", "Crypto", "Wire", "Determinism"]),
        pure("Roles", ["Ledger", "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        pure(
            "Node",
            [
                "Roles", "Kademlia", "GossipSub", "Blocks", "Ledger", "ProofOfRender", "RenderModel", "LibP2P", "Identity",
                "Crypto", "Wire", "Determinism",
            ]),

        // The shell.
        shell("EventLoop", ["CUV"]),
        shell("HTTP", ["CMicroHTTPD", "EventLoop"]),
        shell("Store", ["CSQLite", "CSodium", "Crypto", "Wire"]),
        shell("SceneIO", ["CImageIO", "COpenEXR", "RenderModel", "Crypto", "Wire"]),
        shell("Denoise", ["CDenoise"]),
        shell(
            "RenderEngine",
            ["CRenderKernels", "COpenCL", "CSandbox", "EventLoop", "ProofOfRender", "RenderModel", "Crypto", "Wire", "Determinism"]),
        shell(
            "NodeRuntime",
            [
                "Node", "EventLoop", "HTTP", "Store", "RenderEngine", "SceneIO", "Roles", "Kademlia", "GossipSub", "Blocks", "Ledger",
                "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire", "Determinism", "CHeap", logging, toml,
            ]),
        shell(
            "SimulationEngine",
            [
                "Node", "Roles", "Kademlia", "GossipSub", "Blocks", "Ledger", "ProofOfRender", "RenderModel", "LibP2P", "Identity",
                "Crypto", "Wire", "Determinism", "CHints",
            ]),
        shell("Console", ["NodeRuntime", "Identity", "Crypto", "Wire", argumentParser, logging]),
        shell(
            "Benchmarks",
            [
                "Console", "NodeRuntime", "EventLoop", "Store", "SceneIO", "RenderEngine", "Roles", "GossipSub", "Blocks",
                "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire", "Determinism",
            ]),

        // The binaries.
        .executableTarget(
            name: "NodeCLI",
            dependencies: [
                "Benchmarks", "Console", "NodeRuntime", "Node", "EventLoop", "Store", "SceneIO", "Denoise", "RenderEngine", "Roles",
                "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire", "Determinism", "CClock", argumentParser,
            ], swiftSettings: swift),
        .executableTarget(
            name: "netsim",
            dependencies: ["SimulationEngine", "Console", "EventLoop", "NodeRuntime", "Store", "Wire", "Determinism", argumentParser],
            path: "netsim", exclude: ["scenarios", "regions"], swiftSettings: swift),
        .executableTarget(
            name: "bootstrap", dependencies: ["Console", "NodeRuntime", "EventLoop", argumentParser], path: "bootstrap",
            exclude: ["networks", "demo.sh"], swiftSettings: swift),

        // Tests.
        tests("DeterminismTests", ["Determinism"]),
        tests("WireTests", ["Wire", "Determinism"]),
        tests("CryptoTests", ["Crypto", "Wire"]),
        tests("IdentityTests", ["Identity", "Crypto", "Wire"]),
        tests("LibP2PTests", ["LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        tests("KademliaTests", ["Kademlia", "LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        tests("GossipSubTests", ["GossipSub", "LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        tests("BlocksTests", ["Blocks", "LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        tests("RenderModelTests", ["RenderModel", "Crypto", "Wire"]),
        tests("ProofOfRenderTests", ["ProofOfRender", "RenderModel", "Identity", "Crypto", "Wire", "Determinism"]),
        tests("HTTPTests", ["HTTP", "EventLoop"]),
        tests("LedgerTests", ["Ledger", "ProofOfRender", "RenderModel", "Identity", "Crypto", "Wire", "Determinism"]),
        tests(
            "RolesTests",
            ["Roles", "Ledger", "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire", "Determinism"]),
        tests(
            "NodeTests",
            [
                "Node", "Roles", "Kademlia", "GossipSub", "Blocks", "ProofOfRender", "RenderModel", "LibP2P", "Identity", "Crypto", "Wire",
                "Determinism",
            ]
        ),
        tests("EventLoopTests", ["EventLoop"]),
        tests("StoreTests", ["Store", "Crypto", "Wire"]),
        tests("SceneIOTests", ["SceneIO", "RenderModel", "Crypto", "Wire"]),
        tests("DenoiseTests", ["Denoise", "RenderEngine", "SceneIO", "RenderModel"]),
        tests(
            "RenderEngineTests",
            [
                "NodeCLI", "RenderEngine", "SceneIO", "CRenderKernels", "EventLoop", "ProofOfRender", "RenderModel", "Crypto", "Wire",
                "Determinism",
            ]),
        tests(
            "NodeRuntimeTests",
            [
                "NodeRuntime", "Node", "Roles", "RenderModel", "EventLoop", "Store", "Kademlia", "LibP2P", "Identity", "Crypto", "Wire",
                "Determinism", logging,
            ]),
        tests(
            "SimulationEngineTests", ["SimulationEngine", "Node", "GossipSub", "Kademlia", "LibP2P", "Identity", "Wire", "Determinism"]),
        tests("ConsoleTests", ["Console", argumentParser]),
        tests("BenchmarksTests", ["Benchmarks", "NodeCLI", "NodeRuntime", "RenderEngine", "EventLoop"]),
        tests("NodeCLITests", ["NodeCLI", "NodeRuntime", "Denoise", "RenderEngine", "SceneIO", "Roles", "ProofOfRender", "RenderModel"]),
        tests("Tidy", []),
        tests(
            "Fuzz",
            // The first three are those of a target that only the fuzzer builds.
            [
                "RenderEngine", "SceneIO", "RenderModel", "Node", "Roles", "Kademlia", "GossipSub", "Blocks", "LibP2P", "Identity",
                "Crypto",
                "Wire", "Determinism",
            ],
            exclude: ["Corpora", "SceneFuzz.swift", "SceneFuzz.dict", "MultiformatsFuzz.dict", "seeds.py"]),
        tests(
            "Interop",
            [
                "NodeRuntime", "Node", "EventLoop", "Roles", "Kademlia", "GossipSub", "Blocks", "LibP2P", "Identity", "Crypto", "Wire",
                "Determinism",
            ],
            exclude: ["Peer"]),
        testTool(
            "AttackLab",
            [
                "SceneIO", "RenderEngine", "ProofOfRender", "RenderModel", "Identity", "Crypto", "Wire", "Determinism",
                argumentParser,
            ]),
        tests("Attacks", ["AttackLab", "ProofOfRender", "RenderModel"]),
        testTool(
            "DishonestNode",
            ["Console", "NodeRuntime", "Node", "Roles", "ProofOfRender", "RenderModel", "Identity", "Crypto", "Wire", argumentParser]),
        tests(
            "System",
            ["NodeCLI", "bootstrap", "netsim", "DishonestNode", "NodeRuntime", "EventLoop", "SceneIO", "Identity", "Crypto", "Wire"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11,
    cxxLanguageStandard: .gnucxx17
)
