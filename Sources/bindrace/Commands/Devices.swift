internal import ArgumentParser
internal import DriverModel
internal import Glibc
internal import HostSafety
internal import Races
internal import Reports

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "What is here, whether it probes asynchronously, and whether it is in use.",
    discussion: """
      async says what is known of the driver: the kernel shows nowhere whether a \
      driver probes asynchronously.

      use says spare, or in use and why. No disk is opened for it: what is on one is \
      what udevd knows. stress reads a disk before it races it.
      """)

  @Option(help: ArgumentHelp("Only devices of this bus.", valueName: "BUS"))
  var bus: String?

  @Option(help: ArgumentHelp("Only devices of this driver.", valueName: "DRIVER"))
  var driver: String?

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let sysfs = try Sysfs()
    let buses = try sysfs.buses()
    if let bus, !buses.contains(bus) {
      throw Failure(
        .usage, "--bus: '\(bus)' is not a bus here: \(buses.joined(separator: ", "))")
    }
    let devices = try (bus.map { [$0] } ?? buses).flatMap { try sysfs.devices(bus: $0) }
      .filter { driver == nil || $0.driver == driver }
    let inUse = Guard(sys: sysfs.root, proc: try Directory("/proc")).look()
    let table = DeviceTable(
      devices.map {
        DeviceRow(
          bus: $0.bus, name: $0.name, driver: $0.driver,
          async: $0.driver.flatMap(AsynchronousDrivers.isKnown), use: inUse.reason($0.devpath))
      })
    try StandardStreams.print(
      json ? try table.json() : table.text(colour: Terminal.hasColour(STDOUT_FILENO)))
  }
}
