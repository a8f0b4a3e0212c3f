import Foundation
import Testing

/// What the steps of a script left, by their names.
struct Report: Sendable {
  private let steps: [String: Step]

  init(folder: URL) throws {
    var steps: [String: Step] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      steps[name] = try Step(folder: folder.appending(path: name))
    }
    self.steps = steps
  }

  /// A line for each step with a result, as a note on a change quotes them.
  var figures: [String] {
    steps.sorted { $0.key < $1.key }.compactMap { name, step in
      guard let result = try? step.result else { return nil }
      let counts = result.verdicts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      let cycles = result.patterns.reduce(0) { $0 + $1.cycles }
      let hits = result.patterns.reduce(0) { $0 + $1.hits }
      let evidence = result.evidence
      let lost = evidence.ueventsLost + evidence.traceLost + evidence.kmsgLost
      return "\(name): status \(step.status), \(cycles) cycles, \(hits) hits, "
        + "\(counts.joined(separator: ", ")), \(lost) lost, \(Int(step.seconds)) s"
        + result.doubts.map { "\n    \($0)" }.joined()
    }
  }

  /// Fails the test where the script never came to it.
  func step(_ name: String) throws -> Step {
    try #require(steps[name], "there is no step \(name)")
  }

  /// What is different between two snapshots: "-" before a line of the first alone, "+" of the
  /// second alone.
  func changes(from first: String, to second: String) throws -> [String] {
    let old = try step(first).lines
    let new = try step(second).lines
    return new.difference(from: old).map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line)"
      case .remove(_, let line, _): "- \(line)"
      }
    }
  }

  /// Expects that two snapshots are alike, and shows what differs: an expectation of an expression
  /// with `try` does not say what it saw.
  func expectSame(
    _ first: String, _ second: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let changes = try changes(from: first, to: second)
    #expect(changes == [], sourceLocation: sourceLocation)
  }
}

/// One command of a script, after its end.
struct Step: Sendable {
  let output: String
  let error: String
  let status: Int
  let seconds: Double

  init(folder: URL) throws {
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }
    func number(_ name: String) throws -> Int {
      try #require(Int(try text(name).trimmingCharacters(in: .whitespacesAndNewlines)))
    }
    output = try text("out")
    error = try text("err")
    status = try number("status")
    seconds = Double(try number("centiseconds")) / 100
  }

  var lines: [Substring] { output.split(separator: "\n") }

  /// The number on the line that begins with this name.
  func number(_ name: String) throws -> Int {
    let line = try #require(lines.first { $0.hasPrefix("\(name) ") }, "no \(name) in: \(output)")
    return try #require(Int(line.dropFirst(name.count + 1)), "\(line)")
  }

  /// The JSON result on its standard output.
  var result: RaceResult {
    get throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      do {
        return try decoder.decode(RaceResult.self, from: Data(output.utf8))
      } catch {
        throw NoResult(output: output, error: self.error, status: status)
      }
    }
  }

  struct NoResult: Error {
    var output: String
    var error: String
    var status: Int
  }
}
