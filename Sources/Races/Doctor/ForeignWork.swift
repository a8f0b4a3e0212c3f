internal import DriverModel
internal import Evidence
internal import Glibc

/// Asynchronous work that somebody else began and that runs now, as far as the stacks of the kernel's workers
/// show it: what is queued and has not begun, nobody can see.
struct ForeignWork {
  let proc: Directory

  /// Every asynchronous function runs below it (kernel/async.c).
  private static let runner = "async_run_entry_fn"

  /// Who is at it and where, in words, each.
  var workers: [String] {
    let pids = ((try? proc.names()) ?? []).compactMap { Int32($0) }
    return pids.compactMap { pid in
      guard (try? proc.text("\(pid)/comm"))?.hasPrefix("kworker/") == true,
        let sleep = KernelSleep(of: pid, proc: proc),
        let end = sleep.stack.firstIndex(of: Self.runner)
      else { return nil }
      // Where it sleeps, and whose that is.
      let inner = sleep.stack[..<end].prefix(2).joined(separator: " of ")
      let place = inner.isEmpty ? "" : " in \(inner)"
      let work = end > 2 ? ", for \(sleep.stack[end - 1])" : ""
      return "\(sleep.command) (pid \(pid))\(place)\(work)"
    }
  }

  /// Waits for the end of it, at most `limit`, and until the user wants no more.
  ///
  /// - Parameter tell: is told once what is waited for, where that takes longer than a second.
  /// - Returns: what has not ended.
  func wait(
    _ limit: Duration, isInterrupted: () -> Bool = { false }, tell: (String) -> Void
  ) -> [String] {
    let start = MonotonicClock.now()
    var isTold = false
    while true {
      let now = workers
      let waited = MonotonicClock.now() - start
      if now.isEmpty || waited >= limit.nanoseconds || isInterrupted() { return now }
      if !isTold && waited >= 1_000_000_000 {
        isTold = true
        tell(now.joined(separator: ", "))
      }
      usleep(50_000)
    }
  }
}
