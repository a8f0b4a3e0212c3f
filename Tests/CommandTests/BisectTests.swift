import Testing

@testable import bindrace

/// `git bisect run` takes 0 as good, 125 as no answer, 128 and more as an end, all else as bad.
@Suite struct BisectTests {
  @Test("Every end has its number for git")
  func numbers() {
    let statuses: [bindrace.ExitStatus] = [
      .pass, .fail, .usage, .inconclusive, .nothingRan, .notRestored,
    ]
    #expect(statuses.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    #expect(statuses.map(\.bisecting) == [0, 1, 255, 125, 125, 255])
  }

  @Test(
    "Wrong usage ends the bisection, wherever it is found",
    arguments: [
      "stress --dry-run --bisect --cycles 0", "stress --dry-run --cycles 0 --bisect",
      "stress --dry-run --bisect --frobnicate", "stress --dry-run --bisect sda",
      "stress --dry-run --bisect nobus/nodevice", "stress --dry-run --bisect --output /proc",
      "stress --dry-run --bisect --replay /dev/null", "stress --dry-run --bisect=yes --bisect",
      "stres --bisect",
    ])
  func wrongUsage(_ line: String) async throws {
    let ended = try await Binary.run(line.split(separator: " ").map(String.init))
    #expect(ended.status == 255 && ended.output.isEmpty)
    #expect(ended.error.split(separator: "\n").count == 1)
  }

  @Test("A --bisect behind -- is a target's name, and no option")
  func terminator() async throws {
    let ended = try await Binary.run(["stress", "--dry-run", "--cycles", "0", "--", "--bisect"])
    #expect(ended.status == 2)
  }

  @Test("A dry run makes no kernel good")
  func dryRun() async throws {
    let plain = try await Binary.run(["stress", "--dry-run"])
    let bisecting = try await Binary.run(["stress", "--dry-run", "--bisect"])
    #expect(plain.status == 0 && bisecting.status == 125)
    #expect(bisecting.output.contains("would run"))
  }

  @Test(
    "The recipe of the help turns the ends of scripts/vm into what git takes them for",
    arguments: [
      (0, 0), (1, 1), (2, 255), (120, 125), (121, 125), (124, 125), (125, 125), (255, 255),
    ])
  func recipe(_ ended: Int, _ expected: Int32) async throws {
    let help = try await Binary.run(["stress", "--help"]).output
    let line = try #require(
      help.split(separator: "\n").first { $0.hasPrefix("  case $? in") })
    // What fails on every kernel would make each one bad.
    #expect(help.contains("bindrace stress --bisect --pattern "))
    let script = "(exit \(ended))\n\(line)"
    #expect(try await Binary.shell("sh -c \"$1\"", [script]).status == expected)
  }
}
