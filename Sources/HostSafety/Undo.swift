internal import Evidence
internal import Glibc

enum Undo {
  /// Undoes changes that were recorded in this order, the last one first. Nothing stops it.
  ///
  /// What fails is tried again after all others, as they can be what it waits for (a module that
  /// another uses), as long as that gets anywhere; not where it timed out. `close` is called for each
  /// change that is done with.
  static func all(
    _ changes: [Change], run: String, on host: Host, close: (Change) throws(SystemError) -> Void
  ) -> [RestoreStep] {
    var steps = changes.reversed().map { change in
      RestoreStep(run: run, change: change, outcome: once(change, on: host, close: close))
    }
    var isMoving = true
    while isMoving {
      isMoving = false
      for index in steps.indices {
        guard case .failed(let error) = steps[index].outcome, error.errno != ETIMEDOUT else {
          continue
        }
        steps[index].outcome = once(steps[index].change, on: host, close: close)
        if !steps[index].outcome.isFailure { isMoving = true }
      }
    }
    return steps
  }

  private static func once(
    _ change: Change, on host: Host, close: (Change) throws(SystemError) -> Void
  ) -> Outcome {
    do throws(SystemError) {
      let outcome = try change.reversible.undo(on: host)
      // An entry that cannot be closed is undone again by the next restore, which does no harm.
      try? close(change)
      return outcome
    } catch {
      return .failed(error)
    }
  }
}
