internal import Evidence

/// Something in the kernel that can be probed, and how its records are read.
///
/// struct device begins with its kobject and that with the name; struct device_driver and struct
/// bus_type begin with the name; so a name is two dereferences away on every kernel.
struct Place: Sendable {
  /// A record of it: a kprobe at a function's begin or at its return.
  struct Reading: Sendable {
    let point: TracePoint
    /// What is fetched (Documentation/trace/kprobetrace.rst).
    let arguments: String
  }

  enum Kind: Sendable {
    case function
    /// A tracepoint that tells of a function: the event's subsystem, and the field that holds the function.
    case tracepoint(system: String, event: String)
  }

  /// The function's name in the source. A compiler may have split it or made another of it.
  let function: String
  let kind: Kind
  /// What its begin and its return tell; nil where nothing is read there.
  let entry: Reading?
  let exit: Reading?
  /// Only begins of which this holds are recorded (Documentation/trace/events.rst); nil for all.
  let filter: String?

  private init(
    _ function: String, kind: Kind = .function, entry: Reading?, exit: Reading?, filter: String?
  ) {
    self.function = function
    self.kind = kind
    self.entry = entry
    self.exit = exit
    self.filter = filter
  }

  /// A function whose begin tells it.
  static func at(
    _ function: String, _ point: TracePoint, _ arguments: String, filter: String? = nil
  )
    -> Place
  {
    Place(
      function, entry: Reading(point: point, arguments: arguments), exit: nil, filter: filter)
  }

  /// A function whose begin and return tell it.
  static func call(
    _ function: String, _ entry: TracePoint, _ arguments: String, _ exit: TracePoint,
    _ result: String = "", filter: String? = nil
  ) -> Place {
    Place(
      function, entry: Reading(point: entry, arguments: arguments),
      exit: Reading(point: exit, arguments: result), filter: filter)
  }

  /// The tracepoint workqueue:workqueue_queue_work, where it names this function as the work.
  static func queued(_ function: String, _ point: TracePoint) -> Place {
    Place(
      function, kind: .tracepoint(system: "workqueue", event: queueing),
      entry: Reading(point: point, arguments: ""), exit: nil, filter: nil)
  }

  /// The event of `queued`.
  static let queueing = "workqueue_queue_work"

  /// How a person calls it.
  var words: String {
    switch kind {
    case .function: function
    case .tracepoint(let system, let event): "\(system):\(event) of \(function)"
    }
  }
}

/// A kprobe event: one reading at one symbol.
struct ProbeEvent {
  let name: String
  let reading: Place.Reading
  let isReturn: Bool
  /// The function, as the compiler calls it.
  let symbol: String
  /// Its name, or where it is.
  let location: String

  /// Return probes that find no free slot are dropped in silence; this is the kernel's upper limit
  /// (KRETPROBE_MAXACTIVE_MAX), and the misses are counted all the same.
  private static let slots = 4096

  /// The line of kprobe_events that makes it. `$comm` is taken with each record, since the trace's own
  /// column comes from a small cache and can read "<...>".
  func definition(group: String) -> String {
    let kind = isReturn ? "r\(Self.slots)" : "p"
    let arguments = reading.arguments.isEmpty ? "" : " \(reading.arguments)"
    return "\(kind):\(group)/\(name) \(location)\(arguments) comm=$comm"
  }

  /// The name of the event for a point: by which way it is told, and where several symbols do, which of
  /// them, stands in it.
  static func name(_ point: TracePoint, way: Int, number: Int) -> String {
    way == 0 && number == 0 ? point.rawValue : "\(point.rawValue)__\(way)_\(number)"
  }

  /// The point that an event's name stands for, and the way.
  static func point(of name: String) -> (point: TracePoint, way: Int)? {
    if let point = points[name] { return (point, 0) }
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count > 3, parts[parts.count - 3].isEmpty, let way = Int(parts[parts.count - 2]),
      Int(parts[parts.count - 1]) != nil,
      let point = points[parts.dropLast(3).joined(separator: "_")]
    else { return nil }
    return (point, way)
  }

  private static let points = Dictionary(
    uniqueKeysWithValues: TracePoint.allCases.map { ($0.rawValue, $0) })
}

extension TracePoint {
  /// True where how it was reached is evidence: who attached, and what deferred.
  var hasStack: Bool { self == .bound || self == .deferredAdd }
}
