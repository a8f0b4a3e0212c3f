internal import Evidence

extension TraceJudge {
  func trace(_ position: Int) -> TraceRecord {
    timeline.trace[min(position, timeline.trace.count - 1)]
  }

  var device: String { "\(evidence.bus)/\(evidence.name)" }

  func driver(_ attach: Timeline.Attach) -> String { attach.driver ?? evidence.driver }

  func who(_ record: TraceRecord) -> String { "\(record.command) (pid \(record.pid))" }

  func who(_ attach: Timeline.Attach) -> String { who(attach.record) }

  func place(_ path: AttachPath?) -> String { path.map { " in \($0.function)" } ?? "" }

  func milliseconds(_ nanoseconds: Int64) -> String {
    let micros = nanoseconds / 1000
    let fraction = String(micros % 1000)
    return "\(micros / 1000)." + String(repeating: "0", count: 3 - fraction.count)
      + "\(fraction) ms"
  }

  /// Nanoseconds between two records.
  func time(from start: Int, to end: Int) -> Int64 { trace(end).time - trace(start).time }

  func report(_ attach: Timeline.Attach, after: Int64?) -> Finding.Attach {
    Finding.Attach(
      time: attach.record.time, after: after, function: attach.path?.function,
      command: attach.record.command, pid: attach.record.pid, stack: attach.record.stack)
  }

  /// A statement about an attach.
  func statement(
    _ verdict: Verdict, _ attach: Timeline.Attach, unbind: Call? = nil, after: Int64? = nil,
    _ text: String
  ) -> Statement {
    var finding = evidence.finding(
      verdict, unbind: unbind.map(reported), attach: report(attach, after: after),
      seqnum: evidence.rebindSeqnums, text: text)
    finding.driver = driver(attach)
    return Statement(finding: finding, attach: attach.position)
  }

  /// The verb as it was recorded in user space; where there is none, the trace's own times.
  func reported(_ call: Call) -> Finding.Unbind {
    let entry = trace(call.start).time
    let verbs = evidence.verbs.filter { $0.verb == .unbind && $0.pid == call.pid }
    // A thread can have written several.
    let verb = verbs.last { $0.start <= entry && $0.end.map { $0 >= entry } ?? true } ?? verbs.last
    if let verb { return verb.reported }
    let result = call.result ?? 0
    return Finding.Unbind(
      start: entry, end: call.end.map { trace($0).time }, errno: result < 0 ? Int32(-result) : 0,
      pid: call.pid)
  }
}
