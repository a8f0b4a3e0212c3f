internal import Evidence

/// Why a pattern on a target ends before its last cycle.
enum RunStop: Error {
  /// It cannot run here; the reason is for the user.
  case skip(String)
  /// The target is not of the kind that the pattern is about.
  case unfit(String)
  /// The kernel warned before the first cycle: what it warned of is no work of the race.
  case damaged(Finding)
  /// A verb outside the race did not return in time.
  case hang(VerbRecord)
  /// The time was over before its turn came.
  case outOfTime
  /// The user ended the run.
  case interrupted
}
