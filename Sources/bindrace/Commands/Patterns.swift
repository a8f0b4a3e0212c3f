internal import ArgumentParser
internal import DriverModel
internal import Glibc
internal import Races
internal import Reports

struct Patterns: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patterns",
    abstract: "The catalog of races, and which of them this host can run.",
    discussion: "What it says of this host is for scsi_debug devices that bindrace makes itself.")

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let sysfs = try Sysfs()
    let obstacles = Catalog.obstacles(Catalog.patterns, on: sysfs)
    let table = PatternTable(
      zip(Catalog.patterns, obstacles).map { pattern, obstacle in
        PatternRow(
          id: pattern.id, name: pattern.name, kind: pattern.kind.rawValue,
          raced: pattern.raced.joined(separator: ", "), expected: pattern.expected,
          widen: pattern.wideners.map(\.rawValue), available: obstacle == nil, reason: obstacle)
      })
    try StandardStreams.print(
      json ? try table.json() : table.text(colour: Terminal.hasColour(STDOUT_FILENO)))
  }
}
