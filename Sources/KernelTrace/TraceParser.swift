public import Evidence
internal import Glibc

/// Reads the text of `trace_pipe` (kernel/trace/trace_output.c) into records.
///
/// A record is `COMMAND-PID [CPU] FLAGS SECONDS.MICROSECONDS: EVENT: (PLACE) key=value …`; a stack
/// is a record of its own, `<stack trace>`, with one ` => function` a line. What somebody wrote into
/// `bind` can end in a newline, so a line that begins no record goes on with the last one.
///
/// Works on bytes: a busy host writes megabytes in a cycle.
public struct TraceParser {
  /// Lines that look like records of ours and could not be read: lost evidence.
  public private(set) var unreadable: UInt64 = 0
  /// Reads of `pulseBus` by this process so far. They are no evidence, and no record is made of them.
  public private(set) var pulses = 0
  /// Lines that begin a record so far, whoever's and of whatever: the kernel counts each of them as read.
  public private(set) var begun: UInt64 = 0
  private var records: [TraceRecord] = []
  /// The record whose last line was not seen yet.
  private var pending: (header: TraceHeader, end: Int)?
  /// Index in `records` to which the stack being read belongs.
  private var stackOwner: Int?
  /// Records of a stream that wait for a stack, with those after them.
  private var kept: [TraceRecord] = []

  /// By this bus a recording is proved to go on (TraceSession.pulse()): each kernel has it since 3.10
  /// (wq_sysfs_init()), it has no drivers, and so nobody races on it.
  static let pulseBus = "workqueue"

  public init() {}

  /// All records of `text`, oldest first.
  public static func parse(_ text: String) -> [TraceRecord] {
    var parser = TraceParser()
    return parser.parse(Array(text.utf8))
  }

  /// All records of `text`, oldest first. `text` must hold whole records.
  public mutating func parse(_ text: [UInt8]) -> [TraceRecord] {
    records = kept
    kept = []
    stackOwner = nil
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0a) ?? text.count
      let line = text[start..<end]
      if line.starts(with: Self.frame) {
        finish(text)
        addFrame(line.dropFirst(Self.frame.count))
      } else if let header = TraceHeader(line) {
        finish(text)
        begun += 1
        begin(header, end: end)
      } else if pending != nil {
        pending?.end = end
      }
      start = end + 1
    }
    finish(text)
    return records
  }

  /// The next records of a stream, oldest first. `text` must hold whole records.
  ///
  /// A stack is a record of its own, which may not have come yet: who waits for it is kept back with all
  /// after it for the next call, or given without it where the caller is done with waiting.
  public mutating func parseOn(_ text: [UInt8], isDone: Bool) -> [TraceRecord] {
    let all = parse(text)
    if isDone { return all }
    let whole = all.firstIndex { $0.point.hasStack && $0.stack.isEmpty } ?? all.count
    kept = Array(all[whole...])
    return Array(all[..<whole])
  }

  /// True where `parseOn` kept something back.
  public var isWaiting: Bool { !kept.isEmpty }

  private static let frame = Array(" => ".utf8)
  fileprivate static let deferredWork = Array(" function=deferred_probe_work_func ".utf8)

  /// By which functions a point with a stack can be told.
  private static let functions: [TracePoint: Set<String>] = {
    var functions: [TracePoint: Set<String>] = [:]
    for place in FactRow.all.flatMap({ $0.ways.flatMap(\.places) }) {
      guard let point = place.entry?.point, point.hasStack else { continue }
      functions[point, default: []].insert(place.function)
    }
    return functions
  }()

  private mutating func begin(_ header: TraceHeader, end: Int) {
    stackOwner = nil
    if header.isStack {
      stackOwner = records.lastIndex {
        $0.pid == header.pid && $0.point.hasStack && $0.stack.isEmpty
      }
    } else if header.point != nil {
      pending = (header, end)
    }
  }

  private mutating func addFrame(_ frame: ArraySlice<UInt8>) {
    guard let stackOwner else { return }
    let function = String(
      decoding: frame.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: " ") }, as: UTF8.self)
    // The frames before the probed function are those of the probe itself. A compiler may have split
    // it: "driver_deferred_probe_add.part.0".
    let probed = Self.functions[records[stackOwner].point] ?? []
    if probed.contains(String(function.prefix { $0 != "." })) {
      records[stackOwner].stack = []
    }
    if !function.isEmpty { records[stackOwner].stack.append(function) }
  }

  private mutating func finish(_ text: [UInt8]) {
    guard let (header, end) = pending, let point = header.point else { return }
    pending = nil
    if header.isQueueing {
      if let record = TraceRecord(queueing: header, point, text[header.fields..<end]) {
        records.append(record)
      }
    } else if let record = TraceRecord(header, point, TraceFields(text[header.fields..<end])) {
      if point != .pulse {
        records.append(record)
      } else if record.pid == getpid() && record.name == Self.pulseBus {
        pulses += 1
      }
    } else {
      unreadable += 1
    }
  }
}

/// The part of a line before an event's fields.
private struct TraceHeader {
  var pid: Int32
  var time: Time
  /// Nil for an event that is none of ours.
  var point: TracePoint?
  var isStack: Bool
  /// True for the tracepoint that tells of queued work.
  var isQueueing: Bool
  /// By which way of the table it is told.
  var way: Int
  /// Where the fields begin.
  var fields: Int

  private static let stack = Array("<stack trace>".utf8)

  /// The command can hold anything, even " [", so every "[" is tried.
  init?(_ line: ArraySlice<UInt8>) {
    var from = line.startIndex
    while let bracket = line[from...].firstIndex(of: UInt8(ascii: "[")) {
      if let header = TraceHeader(line, bracket: bracket) {
        self = header
        return
      }
      from = bracket + 1
    }
    return nil
  }

  /// "-PID" and padding stand before "[CPU]"; flags, a time and the event behind it.
  private init?(_ line: ArraySlice<UInt8>, bracket: Int) {
    var cursor = Cursor(line, at: bracket + 1)
    guard cursor.number() != nil, cursor.skip(UInt8(ascii: "]")), cursor.spaces() else {
      return nil
    }
    cursor.word()
    // Nine digits are more than thirty years; what is written into a file may have more.
    guard cursor.spaces(), let seconds = cursor.number(), seconds < 1_000_000_000,
      cursor.skip(UInt8(ascii: ".")),
      let micros = cursor.number(digits: 6), cursor.skip(UInt8(ascii: ":")), cursor.spaces(),
      let pid = Self.pid(line[..<bracket])
    else { return nil }
    self.pid = pid
    time = Time(nanoseconds: seconds * 1_000_000_000 + micros * 1000)
    let rest = line[cursor.position...]
    isStack = rest.starts(with: Self.stack)
    let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    fields = end
    let event = String(decoding: line[cursor.position..<end], as: UTF8.self)
    isQueueing = event == Place.queueing
    let named = ProbeEvent.point(of: event)
    way = named?.way ?? 0
    point = isStack ? nil : isQueueing ? .deferredTrigger : named?.point
  }

  private static func pid(_ before: ArraySlice<UInt8>) -> Int32? {
    var end = before.endIndex
    while end > before.startIndex, before[end - 1] == UInt8(ascii: " ") { end -= 1 }
    var start = end
    while start > before.startIndex, before[start - 1].isDigit { start -= 1 }
    guard start < end, start > before.startIndex, before[start - 1] == UInt8(ascii: "-") else {
      return nil
    }
    return Int32(String(decoding: before[start..<end], as: UTF8.self))
  }
}

/// Reads along a line.
private struct Cursor {
  private let line: ArraySlice<UInt8>
  private(set) var position: Int

  init(_ line: ArraySlice<UInt8>, at position: Int) {
    self.line = line
    self.position = position
  }

  private var byte: UInt8? { position < line.endIndex ? line[position] : nil }

  /// A number, of so many digits where that is asked for.
  mutating func number(digits: Int? = nil) -> Int64? {
    let start = position
    var value: Int64 = 0
    while let byte, byte.isDigit, position - start < 15 {
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      position += 1
    }
    let count = position - start
    return count > 0 && (digits ?? count) == count ? value : nil
  }

  mutating func skip(_ wanted: UInt8) -> Bool {
    guard byte == wanted else { return false }
    position += 1
    return true
  }

  /// One space at least.
  mutating func spaces() -> Bool {
    let start = position
    while byte == UInt8(ascii: " ") { position += 1 }
    return position > start
  }

  mutating func word() {
    while let byte, byte != UInt8(ascii: " ") { position += 1 }
  }
}

/// The fields of one record.
private struct TraceFields {
  /// All but `comm`, which is the last field, as it can hold anything.
  private let text: ArraySlice<UInt8>
  let command: String?

  init(_ text: ArraySlice<UInt8>) {
    let key = Key.command
    if let start = text.lastRange(of: key), let end = text.lastIndex(of: UInt8(ascii: "\"")),
      end >= start + key.count
    {
      command = String(decoding: text[(start + key.count)..<end], as: UTF8.self)
      self.text = text[..<start]
    } else {
      command = nil
      self.text = text
    }
  }

  /// How a field begins.
  enum Key {
    static let device = Array(" dev=".utf8)
    static let function = Array(" fn=".utf8)
    static let result = Array(" ret=".utf8)
    static let name = Array(" name=\"".utf8)
    static let driver = Array(" drv=\"".utf8)
    static let command = Array(" comm=\"".utf8)
  }

  /// The word after a key.
  func value(_ key: [UInt8]) -> String? {
    guard let start = text.firstRange(of: key) else { return nil }
    let word = text[(start + key.count)...].prefix { $0 != UInt8(ascii: " ") && $0 != 0x0a }
    return String(decoding: word, as: UTF8.self)
  }

  /// The text up to the next quote after a key; nil where it reads "(fault)".
  func quoted(_ key: [UInt8]) -> String? {
    guard let start = text.firstRange(of: key),
      let end = text[(start + key.count)...].firstIndex(of: UInt8(ascii: "\""))
    else { return nil }
    return String(decoding: text[(start + key.count)..<end], as: UTF8.self)
  }
}

extension TraceRecord {
  /// A record of workqueue:workqueue_queue_work; nil where another function is the work.
  fileprivate init?(queueing header: TraceHeader, _ point: TracePoint, _ text: ArraySlice<UInt8>) {
    guard text.holds(TraceParser.deferredWork) else { return nil }
    self.init(
      time: header.time, pid: header.pid, command: "", point: point,
      function: "deferred_probe_work_func")
  }

  fileprivate init?(_ header: TraceHeader, _ point: TracePoint, _ fields: TraceFields) {
    guard let command = fields.command else { return nil }
    self.init(time: header.time, pid: header.pid, command: command, point: point)
    if let text = fields.value(TraceFields.Key.device) {
      guard text.hasPrefix("0x"), let address = UInt64(text.dropFirst(2), radix: 16) else {
        return nil
      }
      device = address
    }
    name = fields.quoted(TraceFields.Key.name).map { String($0.prefix { $0 != "\n" }) }
    driver = fields.quoted(TraceFields.Key.driver).map { String($0.prefix { $0 != "\n" }) }
    function = fields.value(TraceFields.Key.function).map { String($0.prefix { $0 != "+" }) }
    if point == .cleanup { function = FactRow.detachFunction(way: header.way) }
    result = fields.value(TraceFields.Key.result).flatMap { Int64($0) }
    if point.hasResult && result == nil { return nil }
  }
}

extension TracePoint {
  /// True for the return probes whose value verdicts rest on.
  fileprivate var hasResult: Bool {
    switch self {
    case .bindStoreReturn, .unbindStoreReturn, .driversProbeStoreReturn,
      .overrideSetReturn, .autoprobeStoreReturn, .deviceAddReturn, .registerDriverReturn:
      true
    default: false
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

extension ArraySlice<UInt8> {
  /// Where `bytes` begin for the first time.
  fileprivate func firstRange(of bytes: [UInt8]) -> Int? {
    guard count >= bytes.count else { return nil }
    return (startIndex...(endIndex - bytes.count)).first { holds(bytes, at: $0) }
  }

  fileprivate func holds(_ bytes: [UInt8]) -> Bool { firstRange(of: bytes) != nil }

  /// Where `bytes` begin for the last time.
  fileprivate func lastRange(of bytes: [UInt8]) -> Int? {
    guard count >= bytes.count else { return nil }
    return (startIndex...(endIndex - bytes.count)).last { holds(bytes, at: $0) }
  }

  /// Two bytes decide nearly always.
  private func holds(_ bytes: [UInt8], at start: Int) -> Bool {
    self[start] == bytes[0] && self[start + 1] == bytes[1]
      && self[start..<(start + bytes.count)].elementsEqual(bytes)
  }
}
