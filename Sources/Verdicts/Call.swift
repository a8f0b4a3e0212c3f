internal import Evidence

/// A call of a probed function, from its entry to its return. Positions are indices in the trace, the
/// only order there is.
struct Call {
  let point: TracePoint
  let pid: Int32
  let command: String
  let device: UInt64?
  /// What was written into bind, unbind or drivers_probe; else the device's or the bus's name.
  let name: String
  let driver: String?
  let start: Int
  /// Nil where no return was recorded.
  var end: Int?
  /// The value returned; nil for a function without one.
  var result: Int64?

  var hasReturned: Bool { end != nil }
  var succeeded: Bool { hasReturned && (result ?? 0) >= 0 }

  func contains(_ position: Int) -> Bool { start < position && position < (end ?? .max) }

  func overlaps(_ other: Call) -> Bool {
    start < (other.end ?? .max) && other.start < (end ?? .max)
  }

  /// All calls between these two points. A thread's calls nest, so a return ends the last one open.
  static func all(_ trace: [TraceRecord], _ entry: TracePoint, _ exit: TracePoint) -> [Call] {
    var calls: [Call] = []
    for (position, record) in trace.enumerated() {
      if record.point == entry {
        calls.append(
          Call(
            point: entry, pid: record.pid, command: record.command, device: record.device,
            name: record.name ?? "", driver: record.driver, start: position))
      } else if record.point == exit,
        let open = calls.lastIndex(where: { $0.pid == record.pid && $0.end == nil })
      {
        calls[open].end = position
        calls[open].result = record.result
      }
    }
    return calls
  }
}

extension [Call] {
  /// The innermost one of that thread at that position.
  func around(_ position: Int, pid: Int32) -> Call? {
    last { $0.pid == pid && $0.contains(position) }
  }
}
