internal import Evidence

/// Finds the reports in a stream of records. Pure; bounded, whatever the log holds.
///
/// Reports of two CPUs can be mixed up: a "cut here" ends what was open. Ordinary messages that come
/// in the midst of a report stay in its text.
struct KernelReportReader {
  /// Lines of one report that are kept.
  static let mostLines = 100
  /// Reports that are kept between two calls of `take`; others are counted.
  static let mostReports = 8
  /// A record that comes later than that is none of the report's, in microseconds: an emulated
  /// console of 115200 baud takes 10 ms for a line.
  static let longestGap: UInt64 = 1_000_000

  fileprivate struct Open {
    var warning: KernelWarning
    var lines: [String]
    var last: UInt64
    /// True once a call trace has begun.
    var isInTrace = false
  }

  private var open: Open?
  private var reports: [KernelReport] = []
  private var more = 0

  /// True while the end of a report was not read.
  var isOpen: Bool { open != nil }

  mutating func read(_ record: KernelLogRecord) {
    guard record.isKernel else { return }
    if let last = open?.last, record.microseconds > last,
      record.microseconds - last > Self.longestGap
    {
      close()
    }
    if open == nil, !KernelWarning.canBegin(record.escaped) { return }
    for line in record.text.split(separator: "\n", omittingEmptySubsequences: false) {
      read(String(line.prefix(512)), record.microseconds)
    }
  }

  /// The reports since the last call, of which an open one ends here, and how many more there were.
  mutating func take(_ phase: KernelReport.Phase) -> (reports: [KernelReport], more: Int) {
    close()
    defer { (reports, more) = ([], 0) }
    return (
      reports.map { report in
        var report = report
        report.phase = phase
        return report
      }, more
    )
  }

  private mutating func read(_ line: String, _ time: UInt64) {
    if let now = open, now.isEnded(by: line) { close() }
    guard open != nil else {
      if let warning = KernelWarning.beginning(line) {
        open = Open(warning: warning, lines: [line], last: time)
        if warning.ending == .line { close() }
      }
      return
    }
    if isBehind(line) {
      close()
      read(line, time)
      return
    }
    open?.last = time
    if line.isCallTrace { open?.isInTrace = true }
    if let count = open?.lines.count, count < Self.mostLines { open?.lines.append(line) }
    if isEnd(line) { close() }
  }

  /// True for the first line behind a call trace that ends without a mark.
  private func isBehind(_ line: String) -> Bool {
    guard let open, open.warning.ending == .trace, open.isInTrace else { return false }
    return !line.isTrace
  }

  private func isEnd(_ line: String) -> Bool {
    guard let open else { return false }
    if line.hasPrefix("---[ end ") { return true }
    switch open.warning.ending {
    case .line: return true
    case .trace: return line == " </TASK>" && open.isInTrace
    // A checker's report stands between two such lines.
    case .mark: return line.hasPrefix("==========") && open.lines.count > 3
    }
  }

  private mutating func close() {
    guard let open else { return }
    self.open = nil
    guard reports.count < Self.mostReports else {
      more += 1
      return
    }
    reports.append(
      KernelReport(
        kind: open.kind, phase: .race, title: open.title, lines: open.lines,
        cpus: open.kind == .stall ? StalledCPUs.named(in: open.lines) : []))
  }
}

extension KernelReportReader.Open {
  /// True for a line that begins another report: a "cut here", and any beginning behind a stall, of
  /// which the next one may name another CPU or be no stall at all.
  fileprivate func isEnded(by line: String) -> Bool {
    if line.hasPrefix(KernelWarning.cut) { return !isPrelude }
    return warning.kind == .stall && KernelWarning.beginning(line) != nil
  }

  /// True where it has said what is wrong, and the "cut here" of the same report comes next.
  private var isPrelude: Bool {
    lines.count < 3 && !isInTrace && !lines[0].hasPrefix(KernelWarning.cut)
  }

  /// What a "cut here" begins shows in the lines that follow.
  fileprivate var kind: KernelReport.Kind {
    warning.kind == .warning && head.contains { KernelWarning.beginning($0)?.kind == .bug }
      ? .bug : warning.kind
  }

  /// The line that says where, with what the code itself had to say (WARN() prints that before).
  fileprivate var title: String {
    let said = head.first ?? "cut off"
    guard let place = head.first(where: { $0.hasPrefix("WARNING: ") }), place != said else {
      return said
    }
    return "\(place): \(said)"
  }

  /// The first lines, up to those that say what was running.
  private var head: [String] {
    lines.prefix(6).filter {
      !$0.isEmpty && !$0.hasPrefix(KernelWarning.cut) && !$0.hasPrefix("==========")
    }
    .prefix { !$0.hasPrefix("Modules linked in") && !$0.hasPrefix("CPU: ") }
    .map { $0 }
  }
}

extension String {
  fileprivate var isCallTrace: Bool { hasPrefix("Call Trace:") || hasPrefix("Call trace:") }

  /// A line of a call trace: a frame, a bracket, or the registers between its parts.
  fileprivate var isTrace: Bool {
    if hasPrefix(" ") || isCallTrace { return true }
    let registers = ["RIP: ", "Code: ", "RSP: ", "RAX: ", "RDX: ", "RBP: ", "R10: ", "R13: "]
    return registers.contains { hasPrefix($0) }
  }
}
