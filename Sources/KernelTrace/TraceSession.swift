public import DriverModel
public import Evidence
internal import Glibc

/// The driver core's own words: kprobes in a group and a trace instance of our own.
///
/// Nothing of anybody else's is touched: probes are appended to `kprobe_events` and removed one by
/// one, and only our instance is enabled. Both carry one name, which the ledger holds before they
/// are made.
public final class TraceSession {
  public let name: String
  /// Places that this kernel does not let be probed, with the reason.
  public private(set) var missing: [(function: String, error: SystemError)] = []
  /// The points of which some records are missing with them (`CycleEvidence.unprobed`).
  public private(set) var unprobed: [TracePoint] = []
  private let tracefs: Directory
  private let instance: Directory
  /// Nil once closed: an instance cannot be removed while its pipe is open.
  private var pipe: Descriptor?
  private var parser = TraceParser()
  private var counted: Counters

  /// The name of group and instance for a process: unique on a host at a time.
  public static func name(pid: Int32) -> String { "bindrace_\(pid)" }

  /// `trace` where every essential place is probed, `uevent` below.
  public var level: EvidenceLevel { isWhole ? .trace : .uevent }

  private var isWhole = true

  /// Registers the probes and makes the instance; it records from `start` on.
  ///
  /// - Parameters:
  ///   - tracefs: the mounted tracefs (/sys/kernel/tracing).
  ///   - bufferKilobytes: the size of the ring buffer of each CPU.
  /// - Throws: where tracefs cannot be written; a single missing place is no error, see `missing`.
  public init(tracefs: Directory, name: String, bufferKilobytes: Int) throws(SystemError) {
    self.name = name
    self.tracefs = tracefs
    do throws(SystemError) {
      for probe in TraceProbe.all {
        do throws(SystemError) {
          try tracefs.write(
            "kprobe_events", probe.definition(group: name) + "\n", flags: O_APPEND)
        } catch {
          // No tracefs, or not ours to write: there is no point in going on.
          if error.call == "open" { throw error }
          if probe.isAlternative && error.errno == ENOENT { continue }
          missing.append((probe.function, error))
          if !unprobed.contains(probe.point) { unprobed.append(probe.point) }
          if probe.isEssential { isWhole = false }
        }
      }
      try Self.makeDirectory(tracefs, "instances/\(name)")
      instance = try tracefs.directory("instances/\(name)")
      try instance.write("tracing_on", "0")
      try instance.write("trace_clock", "mono")
      try instance.write("buffer_size_kb", "\(bufferKilobytes)")
      for probe in TraceProbe.all where probe.hasStack {
        if instance.exists("events/\(name)/\(probe.event)") {
          try instance.write("events/\(name)/\(probe.event)/trigger", "stacktrace")
        }
      }
      pipe = try instance.open("trace_pipe", O_RDONLY | O_NONBLOCK)
      try instance.write("events/\(name)/enable", "1")
      counted = Counters()
    } catch {
      Self.remove(tracefs: tracefs, name: name)
      throw error
    }
  }

  /// Forgets what was recorded, and records from now on.
  public func start() throws(SystemError) {
    // Opening `trace` with O_TRUNC empties the ring; only our own instance has this one.
    _ = try instance.open("trace", O_WRONLY | O_TRUNC)
    counted = try counters()
    try instance.write("tracing_on", "1")
  }

  /// Stops recording, and takes all records since `start`, oldest first, and what was lost meanwhile.
  ///
  /// Stopped first, as a busy host writes faster than anybody reads. Call it after the drain.
  public func stop() throws(SystemError) -> (records: [TraceRecord], loss: EvidenceLoss) {
    try pause()
    return try take()
  }

  /// Stops recording; what was recorded is still to be taken.
  public func pause() throws(SystemError) { try instance.write("tracing_on", "0") }

  /// Takes what was recorded since the last call, and goes on recording.
  ///
  /// For a quiet host only: a busy one writes faster than anybody reads.
  public func take() throws(SystemError) -> (records: [TraceRecord], loss: EvidenceLoss) {
    let bytes = try pipe?.readAll(object: instance.object("trace_pipe")) ?? []
    let before = parser.unreadable
    let records = parser.parse(bytes)
    var loss = try lossSince()
    loss.traceLost += parser.unreadable - before
    return (records, loss)
  }

  /// The next records of a recording that goes on, oldest first; those that still lack their stack come
  /// with the next call, or without it where `isDone`. For a stream of its own: not beside `take`.
  public func takeOn(isDone: Bool) throws(SystemError) -> [TraceRecord] {
    let bytes = try pipe?.readAll(object: instance.object("trace_pipe")) ?? []
    return parser.parseOn(bytes, isDone: isDone)
  }

  /// True where the last `takeOn` kept something back.
  public var isWaiting: Bool { parser.isWaiting }

  /// Lines that could not be read so far.
  public var unreadable: UInt64 { parser.unreadable }

  /// What was lost since the start or the last call; of `unreadable` lines it knows nothing.
  public func lossSince() throws(SystemError) -> EvidenceLoss {
    let now = try counters()
    defer { counted = now }
    return EvidenceLoss(
      traceLost: now.overrun &- counted.overrun, probesMissed: now.missed &- counted.missed)
  }

  /// Readable when there are records: for poll(2) and epoll(7). -1 once closed.
  public var descriptor: Int32 { pipe?.number ?? -1 }

  /// Stops recording and removes instance and probes.
  public func close() {
    pipe = nil
    Self.remove(tracefs: tracefs, name: name)
  }

  /// Removes what a session of that name made; what is not there is left out.
  private static func remove(tracefs: Directory, name: String) {
    try? tracefs.write("instances/\(name)/events/\(name)/enable", "0")
    unsafe _ = unlinkat(tracefs.number, "instances/\(name)", AT_REMOVEDIR)
    for probe in TraceProbe.all {
      try? tracefs.write("kprobe_events", "-:\(name)/\(probe.event)\n", flags: O_APPEND)
    }
  }

  private static func makeDirectory(_ parent: Directory, _ name: String) throws(SystemError) {
    guard unsafe mkdirat(parent.number, name, 0o700) == 0 else {
      throw SystemError("mkdir", parent.object(name), errno)
    }
  }

  private struct Counters {
    var overrun: UInt64 = 0
    var missed: UInt64 = 0
  }

  private func counters() throws(SystemError) -> Counters {
    var counters = Counters()
    for cpu in try instance.names("per_cpu") {
      for line in try instance.text("per_cpu/\(cpu)/stats").split(separator: "\n") {
        let parts = line.split(separator: ":")
        guard parts.count == 2, ["overrun", "commit overrun", "dropped events"].contains(parts[0])
        else { continue }
        counters.overrun += UInt64(parts[1].drop { $0 == " " }) ?? 0
      }
    }
    counters.missed = KprobeProfile.missed(
      events: try tracefs.text("kprobe_events"), profile: try tracefs.text("kprobe_profile"),
      group: name)
    return counters
  }
}

/// The misses column of `kprobe_profile`.
enum KprobeProfile {
  /// Hits missed by all probes of `group`.
  ///
  /// `kprobe_profile` names events without their group; its lines come in the order of those of
  /// `kprobe_events` (both walk the list of dynamic events), which do name it.
  static func missed(events: String, profile: String, group: String) -> UInt64 {
    var missed: UInt64 = 0
    for (event, line) in zip(events.split(separator: "\n"), profile.split(separator: "\n")) {
      let columns = line.split(separator: " ")
      let identity = event.split(separator: " ")[0].split(separator: ":").last ?? ""
      guard columns.count >= 3, identity.hasPrefix(group + "/"),
        identity.hasSuffix("/" + columns[0])
      else { continue }
      missed += UInt64(columns[2]) ?? 0
    }
    return missed
  }
}
