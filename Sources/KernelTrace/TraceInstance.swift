internal import DriverModel
internal import Evidence
internal import Glibc

/// A trace instance of our own: its options, its ring buffers, its pipe.
final class TraceInstance {
  private let directory: Directory
  /// Nil once closed: an instance cannot be removed while its pipe is open.
  private var pipe: Descriptor?

  /// What the kernel counts of it, or of probes.
  struct Counters {
    var overrun: UInt64 = 0
    var missed: UInt64 = 0
    /// What was read of the buffers since they were emptied; nil where the kernel does not say it.
    var read: UInt64?

    /// Adds what the kernel says of the buffer of one CPU (`per_cpu/cpu0/stats`).
    mutating func add(stats: String) {
      for line in stats.split(separator: "\n") {
        let parts = line.split(separator: ":")
        guard parts.count == 2 else { continue }
        let value = UInt64(parts[1].drop { $0 == " " }) ?? 0
        switch parts[0] {
        case "overrun", "commit overrun", "dropped events": overrun += value
        case "read events": read = (read ?? 0) + value
        default: break
        }
      }
    }
  }

  /// How the text is to be: a new instance inherits what others set for the top one
  /// (trace_array_create_dir(), ZEROED_TRACE_FLAGS). An option that a kernel lacks is left out.
  private static let options: [(name: String, isOn: Bool)] = [
    ("annotate", false), ("bin", false), ("block", false), ("context-info", true),
    ("copy_trace_marker", false), ("disable_on_free", false), ("display-graph", false),
    ("event-fork", false), ("fields", false), ("function-fork", false), ("function-trace", false),
    ("hash-ptr", false), ("hex", false), ("irq-info", true), ("latency-format", false),
    ("markers", false), ("overwrite", true), ("pause-on-trace", false), ("print-parent", false),
    ("printk-msg-only", false), ("raw", false), ("record-cmd", true), ("record-tgid", false),
    ("stacktrace", false), ("sym-addr", false), ("sym-offset", false), ("sym-userobj", false),
    ("test_nop_accept", false), ("test_nop_refuse", false), ("trace_printk", false),
    ("userstacktrace", false), ("verbose", false),
  ]

  init(tracefs: Directory, name: String, bufferKilobytes: Int) throws(SystemError) {
    guard unsafe mkdirat(tracefs.number, "instances/\(name)", 0o700) == 0 else {
      throw SystemError("mkdir", tracefs.object("instances/\(name)"), errno)
    }
    directory = try tracefs.directory("instances/\(name)")
    try write("tracing_on", "0")
    try write("current_tracer", "nop")
    for option in Self.options where directory.exists("options/\(option.name)") {
      let wanted = option.isOn ? "1" : "0"
      if try directory.text("options/\(option.name)") != wanted {
        try write("options/\(option.name)", wanted)
      }
    }
    try write("trace_clock", "mono")
    try write("buffer_size_kb", "\(bufferKilobytes)")
    pipe = try directory.open("trace_pipe", O_RDONLY | O_NONBLOCK)
  }

  func write(_ name: String, _ text: String) throws(SystemError) {
    try directory.write(name, text)
  }

  /// Empties the ring; only our own instance has this one.
  func empty() throws(SystemError) {
    // Opening `trace` with O_TRUNC does it.
    _ = try directory.open("trace", O_WRONLY | O_TRUNC)
    // What the pipe had taken out already.
    _ = try pipe?.readAll(object: directory.object("trace_pipe"))
  }

  /// Lets events of our group record, with their stacks where these are evidence.
  func arm(_ events: [ProbeEvent], group: String) throws(SystemError) {
    for event in events {
      if event.reading.point.hasStack {
        try write("events/\(group)/\(event.name)/trigger", "stacktrace")
      }
      try write("events/\(group)/\(event.name)/enable", "1")
    }
  }

  func disable(_ events: [ProbeEvent], group: String) throws(SystemError) {
    for event in events { try write("events/\(group)/\(event.name)/enable", "0") }
  }

  func readAll() throws(SystemError) -> [UInt8] {
    try pipe?.readAll(object: directory.object("trace_pipe")) ?? []
  }

  /// Reads piece by piece what the pipe holds, as long as `body` wants more; each piece holds whole lines.
  func readOn(_ body: ([UInt8]) -> Bool) throws(SystemError) {
    try unsafe pipe?.readOn(object: directory.object("trace_pipe")) {
      unsafe body([UInt8]($0))
    }
  }

  var descriptor: Int32 { pipe?.number ?? -1 }

  // MARK: - What decides what is recorded

  /// Since it was armed: files, and what they said then.
  private var settings: [(file: String, text: String)] = []

  /// Remembers how the recording is set up for these events of our group and these others ("system/event").
  func noteSettings(_ events: [ProbeEvent], group: String, others: [String]) {
    let folders = events.map { "\(group)/\($0.name)" } + others
    // The file "enable" of the group is not enough, as an event with a trigger counts there as enabled. Its
    // own tells of a trigger too ("1*"), so that stands behind.
    let files =
      ["trigger", "enable", "filter"].flatMap { name in
        folders.map { "events/\($0)/\(name)" }
      } + ["set_event_pid", "set_event_notrace_pid", "tracing_cpumask"]
    settings = files.compactMap { file in (try? directory.text(file)).map { (file, $0) } }
  }

  /// What became of the first file that says something else since; nil where all is as it was armed.
  var change: String? {
    let changed = settings.first { (try? directory.text($0.file)) != $0.text }
    return changed.map { setting in
      switch setting.file.split(separator: "/").last {
      case "trigger": "the stacks of the probes were switched off"
      case "filter": "the probes were given a filter"
      case "tracing_cpumask": "the recording was confined to other CPUs"
      case "set_event_pid", "set_event_notrace_pid":
        "the recording was confined to other processes"
      default: "the probes were switched off"
      }
    }
  }

  /// True where the group has events.
  func isThere(group: String) -> Bool { directory.exists("events/\(group)") }

  var isOn: Bool { (try? directory.text("tracing_on")) == "1" }

  func counters() throws(SystemError) -> Counters {
    var counters = Counters()
    for cpu in try directory.names("per_cpu") {
      counters.add(stats: try directory.text("per_cpu/\(cpu)/stats"))
    }
    return counters
  }

  /// What was recorded is gone then; the instance can be removed.
  func close(group: String) {
    pipe = nil
    try? directory.write("events/\(group)/enable", "0")
  }

  /// Removes what a session of that name made; what is not there is left out.
  static func remove(_ tracefs: Directory, _ name: String) {
    try? tracefs.write("instances/\(name)/events/\(name)/enable", "0")
    unsafe _ = unlinkat(tracefs.number, "instances/\(name)", AT_REMOVEDIR)
  }
}
