import Races
import Reports
import Testing

@testable import bindrace

/// The catalog, as it is shown to those who choose from it.
@Suite struct PatternsTests {
  @Test("The whole catalog is a table of at most 120 columns")
  func table() async throws {
    let ended = try await Binary.run(["patterns"])
    let lines = ended.output.split(separator: "\n")
    #expect(ended.status == 0 && ended.error.isEmpty)
    #expect(lines.allSatisfy { $0.count <= 120 })
    for pattern in Catalog.patterns {
      #expect(lines.contains { $0.hasPrefix("\(pattern.id)  \(pattern.name) ") })
    }
  }

  @Test(
    "Every pattern can be told in full, in 100 columns",
    arguments: Catalog.patterns + Catalog.controls)
  func details(_ pattern: Pattern) throws {
    let row = PatternRow(pattern, obstacle: nil)
    let lines = PatternTable([row]).details().split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(row.threads.map(\.steps.count) == pattern.threads.map(\.steps.count))
    #expect(row.conditions.count == pattern.conditions.count)
    #expect(lines.last == "  here      yes")
  }

  @Test("Each step is told by the words of its devices, drivers and threads")
  func steps() {
    let row = PatternRow(.wrongDetach, obstacle: nil)
    #expect(
      row.threads.map(\.steps) == [
        ["unbind the device from its driver"],
        [
          "wait until step 1 of thread 1 sleeps in the kernel",
          "bind the device to the second driver, once",
        ],
        [
          "wait until step 2 of thread 2 sleeps in the kernel",
          "unbind the device from its driver",
        ],
      ])
    #expect(row.conditions.contains("a removal by the driver that sleeps 250 ms under the lock"))
  }

  @Test("Patterns are chosen by name, id and group, and come once")
  func chosen() async throws {
    let ended = try await Binary.run(["patterns", "A1", "unbind-rebind", "A1"])
    #expect(ended.status == 0 && ended.error.isEmpty)
    let titles = ended.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(titles == ["A1  hotplug-async, a race", "B1  unbind-rebind, a control"])
    let controls = try await Binary.run(["patterns", "controls", "C1"]).output
    #expect(
      controls.split(separator: "\n").count { !$0.hasPrefix(" ") } == Catalog.controls.count)
    let json = try await Binary.run(["patterns", "--json", "B1"]).output
    #expect(json.contains("\"spirit\"") && !json.contains("hotplug-async"))
  }

  @Test("A pattern that is not there is named, with those that are")
  func unknown() async throws {
    let ended = try await Binary.run(["patterns", "A1", "frobnicate"])
    #expect(ended.status == 2 && ended.output.isEmpty)
    #expect(
      ended.error.hasPrefix("bindrace: NAME: 'frobnicate' is not a pattern: hotplug-async, "))
    #expect(ended.error.hasSuffix(", all, controls (bindrace patterns --help)\n"))
  }
}
