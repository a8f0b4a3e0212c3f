internal import Evidence
internal import Glibc
internal import Reports

/// What a run is at.
struct ProgressStep {
  var pattern: String
  var target: String
  var cycle: Int
  /// How many cycles there will be; nil where the time decides.
  var cycles: Int?
  var hits: Int
  var findings: Int
  var elapsed: Duration
  /// The time the run may take; nil where the cycles decide.
  var limit: Duration?

  var text: String {
    let cycle = cycles.map { "\(self.cycle) of \($0)" } ?? "\(self.cycle)"
    let seconds = Int(elapsed.seconds)
    let time = limit.map { "\(seconds) of \(Int($0.seconds)) s" } ?? "\(seconds) s"
    return "\(pattern) \(target)  cycle \(cycle)  hits \(hits)  findings \(findings)  \(time)"
  }
}

/// Progress on standard error: a live line on a terminal, else a line every 10 s. Used by one
/// thread.
final class Progress {
  private let isQuiet: Bool
  private let isLive: Bool
  private let interval: Duration
  private var last: ContinuousClock.Instant?
  private var isShown = false

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    isLive = Terminal.isLive(STDERR_FILENO)
    interval = isLive ? .milliseconds(100) : .seconds(10)
    last = isLive ? nil : ContinuousClock.now
  }

  /// Shows the step, unless it is too soon after the one before.
  func update(_ step: @autoclosure () -> ProgressStep) {
    if isQuiet { return }
    let now = ContinuousClock.now
    if let last, now - last < interval { return }
    last = now
    let text = step().text.printable
    if isLive {
      write("\r\u{1b}[K" + text.prefix(Terminal.columns(STDERR_FILENO) - 1))
      isShown = true
    } else {
      write("bindrace: \(text)\n")
    }
  }

  /// Says something that is no progress, also where it is quiet.
  func note(_ line: String) {
    clear()
    StandardStreams.complain(line)
  }

  /// Takes the live line away.
  func clear() {
    if isShown { write("\r\u{1b}[K") }
    isShown = false
  }

  private func write(_ text: String) {
    try? StandardStreams.write(text, to: STDERR_FILENO, object: "standard error")
  }
}
