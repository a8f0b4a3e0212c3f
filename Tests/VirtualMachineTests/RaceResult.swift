import Testing

/// The JSON result of `stress` as another program reads it. It is declared here anew, so that a key
/// that changes its name fails a test.
struct RaceResult: Decodable, Sendable {
  struct Evidence: Decodable, Sendable {
    var level: String
    var ueventsReceived: Int
    var ueventsLost: Int
    var ueventsUnseen: Int
    var traceLost: Int
    var traceStopped: Int
    var probesMissed: Int
    var kmsgLost: Int
  }

  struct Pattern: Decodable, Sendable {
    var id: String
    var name: String
    var target: String
    var driver: String
    var widen: String
    var status: String
    var skipReason: String?
    var cycles: Int
    var hits: Int
    var seconds: Double
    var verdicts: [String: Int]
  }

  struct Finding: Decodable, Sendable {
    struct Attach: Decodable, Sendable {
      var timeNs: Int64
      var afterNs: Int64?
      var function: String?
      var command: String?
      var pid: Int?
      var stack: [String]
    }

    struct Seqnum: Decodable, Sendable {
      var unbind: Int?
      var bind: Int?
    }

    struct Writer: Decodable, Sendable {
      var command: String?
      var function: String?
      var stack: [String]
    }

    var verdict: String
    var pattern: String
    var cycle: Int
    var evidence: String
    var device: String
    var driver: String
    var attach: Attach?
    var seqnum: Seqnum
    var writer: Writer?
    var text: String
    var log: [String]?
  }

  struct Host: Decodable, Sendable {
    var restored: Bool
  }

  var schema: Int
  var conclusion: String
  var reason: String?
  var evidence: Evidence
  var patterns: [Pattern]
  var findings: [Finding]
  var host: Host

  /// Cycles of all patterns by their verdict.
  var verdicts: [String: Int] {
    patterns.reduce(into: [:]) { sum, pattern in sum.merge(pattern.verdicts, uniquingKeysWith: +) }
  }

  /// What came of one of the patterns.
  func row(_ pattern: String) throws -> Pattern {
    try #require(patterns.first { $0.name == pattern }, "no \(pattern) in \(patterns)")
  }

  func findings(of pattern: String) -> [Finding] { findings.filter { $0.pattern == pattern } }

  /// Why cycles are inconclusive, each reason once.
  var doubts: [String] {
    Set(findings.filter { $0.verdict == "inconclusive" }.map { "\($0.pattern): \($0.text)" })
      .sorted()
  }

  /// Verdicts that say that something came back by itself.
  var late: [String] { verdicts.keys.filter { $0.hasPrefix("late-") } }
}
