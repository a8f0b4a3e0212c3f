internal import Evidence
internal import Journal

extension Configuration {
  /// What the daemon does by it, in words.
  var summary: String {
    switch daemon.mode {
    case .watch: "watches"
    case .race where daemon.match.isEmpty: "watches; Match= is empty, so nothing is raced"
    case .race:
      "races what matches " + daemon.match.map { "\($0)" }.joined(separator: " ")
    }
  }
}

extension Configuration.Race {
  var bounds: RaceBounds {
    RaceBounds(
      perMinute: racesPerMinute, perDevice: racesPerDevice, backOff: backOff,
      longestBackOff: backOffMax)
  }

  /// The words of `bindrace stress` for one target.
  func arguments(_ target: String, denied: [String]) -> [String] {
    func milliseconds(_ duration: Duration) -> String { "\(duration.nanoseconds / 1_000_000)ms" }
    var words = ["stress", target, "--quiet", "--cycles", "\(cycles)", "--widen", widen.rawValue]
    words += ["--window", milliseconds(window), "--deadline", milliseconds(deadline)]
    words += patterns.flatMap { ["--pattern", $0] } + denied.flatMap { ["--deny", $0] }
    return words
  }
}

extension JournalEntry {
  /// One thing that is wrong in a configuration that was not taken.
  static func configurationRejected(_ error: ConfigurationError, run: String) -> JournalEntry {
    let what = [error.line.map { "line \($0)" }, error.subject, error.problem]
    return .configurationRejected(
      run: run, path: error.file,
      reason: what.compactMap(\.self).joined(separator: ": ") + "; the old one stays")
  }
}
