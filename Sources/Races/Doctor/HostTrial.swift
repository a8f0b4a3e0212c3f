public import Evidence
internal import Verdicts

/// One thing that was tried on this host, and what came of it.
public struct HostTrial: Sendable, Equatable {
  /// What cannot be because of it, the least first.
  public enum Hindrance: Int, Sendable, Comparable {
    /// A run can pass, with less.
    case little
    /// A run that is told no target and no pattern cannot pass; others can.
    case plainRun
    /// No run can pass.
    case pass
    /// Nothing can run.
    case run

    public static func < (a: Hindrance, b: Hindrance) -> Bool { a.rawValue < b.rawValue }
  }

  public var name: String
  /// Nil where all of it works.
  public var hinders: Hindrance?
  /// What was found, in a few words.
  public var found: String
  /// What that means for a run; empty where all of it works.
  public var means: String
  /// What would help, in a few words; nil where nothing is known to.
  public var help: String?

  /// It works.
  init(_ name: String, _ found: String) {
    (self.name, self.found, means) = (name, found, "")
  }

  init(
    _ name: String, _ found: String, hinders: Hindrance, means: String, help: String? = nil
  ) {
    self.name = name
    self.hinders = hinders
    self.found = found
    self.means = means
    self.help = help
  }

  /// What it adds to the conclusion.
  fileprivate var reason: String { [found, help].compactMap(\.self).joined(separator: "; ") }
}

/// How a fact can be told on this host, and which races cannot be judged without it.
public struct FactTrial: Sendable, Equatable {
  public var source: FactSource
  /// Ids of the patterns that rest on it; empty where it is told.
  public var lost: [String]
  public var hinders: HostTrial.Hindrance?

  init(_ source: FactSource) {
    self.source = source
    guard source.state == .untold else {
      lost = []
      return
    }
    let patterns = Catalog.patterns.filter { $0.facts.contains(source.fact) }
    lost = patterns.map(\.id)
    if Fact.core.contains(source.fact) {
      hinders = .pass
    } else {
      let isPlain = patterns.contains { ScsiDebug.obstacle(to: $0) == nil }
      hinders = isPlain ? .plainRun : .little
    }
  }

  fileprivate var reason: String {
    let why = "\(source.fact.words) is not told: \(source.reason ?? "")"
    let hit = source.fact == .hold ? "clean hit" : "hit"
    return lost.isEmpty ? why : "no \(hit) of \(lost.joined(separator: ", ")), as \(why)"
  }
}

extension Pattern {
  /// The facts without which it has no hit, or none that is clean.
  var facts: Set<Fact> {
    var facts = Set(Fact.core + order.facts)
    if order.isByWaiting { facts.insert(.hold) }
    if facts.contains(.schedule) {
      // Whichever of the two helpers is meant to be pending.
      if raced.contains("__device_attach_async_helper") { facts.insert(.deviceHelper) }
      if raced.contains("__driver_attach_async_helper") { facts.insert(.driverHelper) }
    }
    return facts
  }
}

/// What came of all that was tried.
public struct HostReport: Sendable, Equatable {
  public var trials: [HostTrial]
  /// Empty where nothing can be traced.
  public var facts: [FactTrial] = []

  /// The worst that stands against a run; nil where nothing does.
  public var hinders: HostTrial.Hindrance? {
    (trials.compactMap(\.hinders) + facts.compactMap(\.hinders)).max()
  }

  /// Whether a run can pass here, else what is missing and what would help. One sentence.
  public var conclusion: String {
    // That a place is probed does not show that it tells: a compiler can inline a function that keeps its
    // symbol.
    let known = "a run can pass here, as far as it can be tried without a race"
    guard let worst = hinders else { return known }
    // A fact that no race can do without is in the trial of the trace already.
    let reasons =
      trials.filter { $0.hinders == worst }.map(\.reason)
      + facts.filter { $0.hinders == worst && worst != .pass }.map(\.reason)
    let why = reasons.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      .joined(separator: "; ")
    switch worst {
    case .little: return "\(known), with less: \(why)"
    case .plainRun:
      return "a run of named targets and patterns can pass here, a plain one cannot: \(why)"
    case .pass: return "no run can pass here: \(why)"
    case .run: return "nothing can run here: \(why)"
    }
  }
}
