internal import ArgumentParser

struct Patterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns",
    abstract: "The catalog of races, and which of them this host can run.")

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    throw Failure.notBuilt("patterns")
  }
}
