public import Evidence

/// Reads the text of `trace_pipe` (kernel/trace/trace_output.c) into records.
///
/// A record is `COMMAND-PID [CPU] FLAGS SECONDS.MICROSECONDS: EVENT: (PLACE) key=value …`; a stack
/// is a record of its own, `<stack trace>`, with one ` => function` a line. What somebody wrote into
/// `bind` can end in a newline, so a line that begins no record goes on with the last one.
public struct TraceParser {
  /// Lines that look like records of ours and could not be read: lost evidence.
  public private(set) var unreadable: UInt64 = 0
  private var records: [TraceRecord] = []
  /// The start of a record whose end was not read yet.
  private var pending: String?
  /// Index in `records` to which the stack being read belongs.
  private var stackOwner: Int?

  public init() {}

  /// All records of `text`, oldest first.
  public static func parse(_ text: String) -> [TraceRecord] {
    var parser = TraceParser()
    return parser.parse(text)
  }

  /// All records of `text`, oldest first. `text` must hold whole records.
  public mutating func parse(_ text: String) -> [TraceRecord] {
    records = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(" => ") {
        finishPending()
        addFrame(line.dropFirst(4))
      } else if let header = Header(line) {
        finishPending()
        begin(header, line)
      } else if pending != nil {
        pending?.append("\n")
        pending?.append(contentsOf: line)
      }
    }
    finishPending()
    return records
  }

  private mutating func begin(_ header: Header, _ line: Substring) {
    if header.event == "<stack trace>" {
      stackOwner = records.lastIndex {
        $0.pid == header.pid && $0.point == .bound && $0.stack.isEmpty
      }
    } else {
      stackOwner = nil
      pending = String(line)
    }
  }

  private mutating func addFrame(_ frame: Substring) {
    guard let stackOwner else { return }
    let function = String(frame.prefix { $0 != "+" && $0 != " " })
    // The frames before the probed function are those of the probe itself.
    if function == TracePoint.bound.rawValue { records[stackOwner].stack = [] }
    if !function.isEmpty { records[stackOwner].stack.append(function) }
  }

  private mutating func finishPending() {
    guard let line = pending else { return }
    pending = nil
    guard let header = Header(line[...]), let point = TraceProbe.points[header.event] else {
      return
    }
    guard let record = TraceRecord(header, point) else {
      unreadable += 1
      return
    }
    records.append(record)
  }
}

/// The part of a line before an event's fields.
struct Header {
  var pid: Int32
  var time: Time
  var event: String
  var fields: Substring

  /// The command can hold anything, even " [", so every "[" is tried.
  init?(_ line: Substring) {
    var rest = line
    while let bracket = rest.firstIndex(of: "[") {
      if let header = Header(before: line[..<bracket], from: line[bracket...]) {
        self = header
        return
      }
      rest = line[line.index(after: bracket)...]
    }
    return nil
  }

  private init?(before: Substring, from: Substring) {
    // "-PID" and padding stand before "[CPU]".
    let trimmed = before.reversed().drop { $0 == " " }.prefix { $0.isNumber }
    let digits = String(trimmed.reversed())
    guard let pid = Int32(digits), before.contains("-\(digits)") else { return nil }
    let parts = from.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
    guard parts.count == 4, parts[0].hasSuffix("]"), Int(parts[0].dropFirst().dropLast()) != nil,
      parts[2].last == ":", let time = Time(trace: parts[2].dropLast())
    else { return nil }
    if parts[3].hasPrefix("<stack trace>") {
      self.init(pid: pid, time: time, event: "<stack trace>", fields: "")
      return
    }
    guard let colon = parts[3].firstIndex(of: ":") else { return nil }
    self.init(
      pid: pid, time: time, event: String(parts[3][..<colon]),
      fields: parts[3][parts[3].index(after: colon)...])
  }

  private init(pid: Int32, time: Time, event: String, fields: Substring) {
    self.pid = pid
    self.time = time
    self.event = event
    self.fields = fields
  }
}

extension Time {
  /// "12.345678", as the mono trace clock prints it: seconds and microseconds.
  fileprivate init?(trace text: Substring) {
    let parts = text.split(separator: ".")
    guard parts.count == 2, parts[1].count == 6, let seconds = Int64(parts[0]),
      let micros = Int64(parts[1])
    else { return nil }
    self.init(nanoseconds: seconds * 1_000_000_000 + micros * 1000)
  }
}

extension TraceRecord {
  fileprivate init?(_ header: Header, _ point: TracePoint) {
    // `comm` is the last field, as it can hold anything.
    guard let comm = header.fields.range(of: " comm=\"", backwards: true),
      let end = header.fields.lastIndex(of: "\""), end >= comm.upperBound
    else { return nil }
    self.init(
      time: header.time, pid: header.pid,
      command: String(header.fields[comm.upperBound..<end]), point: point)
    let fields = header.fields[..<comm.lowerBound]
    if let text = fields.value(of: "dev") {
      guard text.hasPrefix("0x"), let address = UInt64(text.dropFirst(2), radix: 16) else {
        return nil
      }
      device = address
    }
    name = fields.quoted("name").map { String($0.prefix { $0 != "\n" }) }
    driver = fields.quoted("drv")
    function = fields.value(of: "fn").map { String($0.prefix { $0 != "+" }) }
    result = fields.value(of: "ret").flatMap { Int64($0) }
    if point.hasResult && result == nil { return nil }
  }
}

extension TracePoint {
  /// True for the return probes whose value verdicts rest on.
  fileprivate var hasResult: Bool {
    switch self {
    case .reallyProbeReturn, .bindStoreReturn, .unbindStoreReturn, .driversProbeStoreReturn: true
    default: false
    }
  }
}

extension Substring {
  fileprivate func range(of text: String, backwards: Bool = false) -> Range<Index>? {
    let found = ranges(of: text)
    return backwards ? found.last : found.first
  }

  /// The word after ` key=`.
  fileprivate func value(of key: String) -> Substring? {
    guard let start = range(of: " \(key)=")?.upperBound else { return nil }
    return self[start...].prefix { $0 != " " && $0 != "\n" }
  }

  /// The text between quotes after ` key=`; nil for "(fault)".
  fileprivate func quoted(_ key: String) -> String? {
    guard let start = range(of: " \(key)=\"")?.upperBound,
      let end = self[start...].firstIndex(of: "\"")
    else { return nil }
    return String(self[start..<end])
  }
}
