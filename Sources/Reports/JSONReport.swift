public import Evidence

/// The result of a run as JSON, schema 1: the format that other programs read.
///
/// Keys are sorted, what is not known is null, times are nanoseconds of CLOCK_MONOTONIC.
public struct JSONReport: Sendable {
  private let result: RunResult
  private let reason: String?

  public init(_ result: RunResult) {
    self.result = result
    reason = nil
  }

  /// The result of a run that could not begin. Its conclusion is `skip`, and one more key,
  /// `reason`, says why.
  public init(skipped result: RunResult, because reason: String) {
    self.result = result
    self.reason = reason
  }

  /// The document, with a newline at its end. Throws what JSONEncoder throws.
  public func text() throws -> String {
    try jsonText(ResultDocument(result, reason: reason))
  }
}
