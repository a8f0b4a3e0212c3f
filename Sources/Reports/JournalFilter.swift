public import Evidence
public import Journal

/// Which entries of the journal are reported.
public struct JournalFilter: Sendable {
  /// Microseconds since 1970; nil where there is no bound.
  public var since: Int64?
  public var until: Int64?
  /// The beginning of a run's id.
  public var run: String?
  /// BUS/NAME.
  public var device: String?
  /// None is all of them.
  public var verdicts: [Verdict] = []

  public init() {}

  /// True for a record that is asked for; of runs, for those whose findings can be.
  public func takes(_ record: JournalRecord) -> Bool {
    guard let message = record.message else { return false }
    if let since, record.happened < since { return false }
    if let until, record.happened > until { return false }
    if let run, !(record[.run] ?? "").hasPrefix(run) { return false }
    guard message == .finding || message == .note else { return true }
    if let device, record[.device] != device { return false }
    return verdicts.isEmpty || verdicts.contains { $0.rawValue == record[.verdict] }
  }

  /// True where a run is of interest for its findings alone.
  var wantsFindings: Bool { device != nil || !verdicts.isEmpty }
}
