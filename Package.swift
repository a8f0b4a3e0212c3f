// swift-tools-version: 6.3

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A target of ours: the arrows of the architecture are its dependencies.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "bindrace",
  products: [.executable(name: "bindrace", targets: ["bindrace"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "bindrace",
      dependencies: [
        "Reports", "Service", "Journal", "Races", "Verdicts", "HostSafety", "KernelTrace",
        "DriverModel", "Udev", "Evidence", "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    room("Reports", ["Journal", "Evidence"]),
    room("Journal", ["DriverModel", "Evidence", "CLinux", "CSystemd"]),
    room(
      "Races",
      ["Verdicts", "HostSafety", "KernelTrace", "DriverModel", "Udev", "Evidence", "CLinux"]),
    room(
      "Service",
      [
        "Journal", "Verdicts", "HostSafety", "KernelTrace", "DriverModel", "Udev", "Evidence",
        "CLinux",
      ]),
    room("Verdicts", ["Evidence"]),
    room(
      "HostSafety", ["KernelTrace", "DriverModel", "Evidence", "CLinux", "CBlkid", "CSystemd"]),
    room("KernelTrace", ["DriverModel", "Evidence", "CLinux"]),
    room("DriverModel", ["Evidence", "CLinux"]),
    room("Udev", ["CUdev", "CLinux", "Evidence"]),
    room("Evidence", []),
    .target(
      name: "CLinux",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .systemLibrary(
      name: "CUdev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
    .systemLibrary(
      name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(
      name: "CBlkid", pkgConfig: "blkid", providers: [.apt(["libblkid-dev"])]),
    .target(
      name: "TemporaryFolder", dependencies: ["DriverModel"], path: "Tests/TemporaryFolder",
      swiftSettings: settings),
    .target(
      name: "Fuzz",
      dependencies: [
        "TemporaryFolder", "Service", "Races", "Reports", "Verdicts", "HostSafety", "KernelTrace",
        "DriverModel",
        "Udev", "Evidence",
      ],
      path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: settings),
    tests(
      "FuzzTests",
      ["TemporaryFolder", "Fuzz", .product(name: "Subprocess", package: "swift-subprocess")]),
    tests("EvidenceTests", ["Evidence"]),
    tests("UdevTests", ["Udev", "DriverModel", "Evidence"]),
    tests("DriverModelTests", ["TemporaryFolder", "DriverModel", "Evidence"]),
    tests(
      "KernelTraceTests", ["KernelTrace", "DriverModel", "Evidence"],
      resources: [.copy("Recorded")]),
    tests("HostSafetyTests", ["TemporaryFolder", "HostSafety", "DriverModel", "Evidence"]),
    tests("VerdictsTests", ["Verdicts", "Races", "Evidence"], resources: [.copy("Recorded")]),
    tests(
      "RacesTests",
      ["TemporaryFolder", "Races", "Verdicts", "HostSafety", "DriverModel", "Evidence", "CLinux"]),
    tests("ServiceTests", ["TemporaryFolder", "Service", "Races", "DriverModel", "Evidence"]),
    tests("JournalTests", ["TemporaryFolder", "Journal", "DriverModel", "Evidence", "CLinux"]),
    tests("ReportsTests", ["Reports", "Journal", "Evidence"]),
    tests(
      "CommandTests",
      [
        .product(name: "Subprocess", package: "swift-subprocess"), "TemporaryFolder", "bindrace",
        "Races", "Reports", "HostSafety", "DriverModel", "Evidence", "CLinux",
      ]),
    tests(
      "VirtualMachineTests", [.product(name: "Subprocess", package: "swift-subprocess")],
      resources: [.copy("Guest")]),
  ]
)

// scripts/fuzz links it with libFuzzer, which brings a main() of its own.
if Context.environment["BINDRACE_FUZZ_BUILD"] != nil {
  package.products.append(.library(name: "Fuzz", type: .static, targets: ["Fuzz"]))
}
