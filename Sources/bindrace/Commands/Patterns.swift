internal import ArgumentParser
internal import DriverModel
internal import Glibc
internal import Races
internal import Reports

struct Patterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns",
    abstract: "The catalog of races, and which of them this host can run.",
    discussion: """
      bindrace patterns
        All of them, a line each.

      bindrace patterns hotplug-async
        One in full: what it is about, what each thread does, what it needs.

      What it says of this host is for devices that bindrace makes itself.
      """)

  @Argument(
    help: ArgumentHelp("Patterns by name or id, all or controls, in full.", valueName: "NAME"),
    completion: PatternName.completion)
  private var names: [String] = []

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let patterns = try chosen
    let obstacles = Catalog.obstacles(patterns, on: try Sysfs())
    let table = PatternTable(zip(patterns, obstacles).map { PatternRow($0, obstacle: $1) })
    let colour = Terminal.hasColour(STDOUT_FILENO)
    try StandardStreams.print(
      json
        ? try table.json()
        : names.isEmpty ? table.text(colour: colour) : table.details(colour: colour))
  }

  /// Each once. Looked at late, so that a misspelt option is named first.
  private var chosen: [Pattern] {
    get throws(Failure) {
      if names.isEmpty { return Catalog.patterns }
      var chosen: [Pattern] = []
      let names = names.flatMap {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      for name in names {
        guard let patterns = Catalog.patterns(named: name) else {
          throw Failure(
            .usage, "NAME: '\(name)' \(PatternName.problem) (bindrace patterns --help)")
        }
        chosen += patterns.filter { !chosen.contains($0) }
      }
      return chosen
    }
  }
}
