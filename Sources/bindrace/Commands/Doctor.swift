internal import ArgumentParser

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What this host allows: tried, not guessed.")

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    throw Failure.notBuilt("doctor")
  }
}
