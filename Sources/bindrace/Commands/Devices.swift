internal import ArgumentParser

struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "What is here, whether it probes asynchronously, and whether it is in use.")

  @Option(help: ArgumentHelp("Only devices of this bus.", valueName: "BUS"))
  var bus: String?

  @Option(help: ArgumentHelp("Only devices of this driver.", valueName: "DRIVER"))
  var driver: String?

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    throw Failure.notBuilt("devices")
  }
}
