internal import ArgumentParser

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Puts back what runs that did not end have left changed.")

  @Flag(help: "Only list what would be put back.")
  var list = false

  func run() throws {
    throw Failure.notBuilt("restore")
  }
}
