internal import CLinux
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
  private let tracefs: Directory
  private let sys: Directory
  private let proc: Directory
  private let bufferKilobytes: Int
  private var book = FactBook()
  private let symbols: KernelSymbols
  /// Nil while there is none: it is made anew where somebody took it away.
  private var instance: TraceInstance?
  private var parser = TraceParser()
  private var counted = TraceInstance.Counters()
  /// How often bindrace did what must leave a record; see `pulse()`.
  private var pulsesMade = 0
  /// True where somebody emptied our buffers: more was read of them than the kernel knows of.
  private var wasEmptied = false
  /// True where somebody else reads our buffers, and so takes records away: the kernel knows of more that
  /// was read of them. Nobody else can open the pipe by now, but trace_pipe_raw (tracing_buffers_open()).
  private var isReadByOthers = false
  /// How many records had begun when we emptied them last.
  private var begunBefore: UInt64 = 0

  /// The name of group and instance for a process: unique on a host at a time.
  public static func name(pid: Int32) -> String { "bindrace_\(pid)" }

  /// How each fact is told here.
  public var facts: [FactSource] { book.sources }

  /// Facts of which the absence of a record says nothing.
  public var untold: [UntoldFact] { book.untold }

  /// `trace` where what every attach is judged by can be told, `uevent` below.
  public var level: EvidenceLevel { obstacle == nil ? .trace : .uevent }

  /// Why the level is not `trace`; nil where it is.
  public private(set) var obstacle: String?

  /// Registers the probes and makes the instance; it records from `start` on.
  ///
  /// - Parameters:
  ///   - tracefs: the mounted tracefs (/sys/kernel/tracing).
  ///   - bufferKilobytes: the size of the ring buffer of each CPU.
  /// - Throws: where tracefs cannot be written, or there is no list of the kernel's functions; a fact that
  ///   nothing tells is no error, see `untold`.
  public init(
    tracefs: Directory, sys: Directory, proc: Directory, name: String, bufferKilobytes: Int
  ) throws(SystemError) {
    self.name = name
    self.tracefs = tracefs
    self.sys = sys
    self.proc = proc
    self.bufferKilobytes = bufferKilobytes
    symbols = try KernelSymbols(FactRow.functions, proc: proc)
    // No tracefs, or not ours to write: there is no point in going on.
    _ = try tracefs.open("kprobe_events", O_WRONLY | O_APPEND)
    if isFtraceOff {
      obstacle = Self.ftraceOff
      book.closeAll(Self.ftraceOff)
      return
    }
    try make()
    obstacle = try findObstacle()
  }

  private func make() throws(SystemError) {
    do throws(SystemError) {
      for row in FactRow.all { register(row.fact) }
      instance = try TraceInstance(
        tracefs: tracefs, name: name, bufferKilobytes: bufferKilobytes)
      for row in FactRow.all { try arm(row.fact) }
      noteSettings()
    } catch {
      removeAll()
      throw error
    }
  }

  private func findObstacle() throws(SystemError) -> String? {
    let missing = book.untold.filter { untold in
      Fact.core.contains(untold.fact) && book[untold.fact].state == .untold
    }
    if !missing.isEmpty { return missing.map(\.reason).joined(separator: "; ") }
    try start()
    _ = try takeWhole()
    let isSeen = parser.pulses == pulsesMade
    try pause()
    if isSeen {
      book[.recording].state = .told
      return nil
    }
    return standstillReason
  }

  /// Forgets what was recorded, and records from now on.
  public func start() throws(SystemError) {
    parser = TraceParser()
    pulsesMade = 0
    wasEmptied = false
    isReadByOthers = false
    begunBefore = 0
    // Somebody took it away, and it could not be made anew.
    guard let instance else { return }
    try instance.empty()
    counted = try counters()
    try instance.write("tracing_on", "1")
    try pulse()
  }

  /// Stops recording; what was recorded is still to be taken.
  public func pause() throws(SystemError) { try instance?.write("tracing_on", "0") }

  /// The next records of a recording that goes on, oldest first; those that still lack their stack come
  /// with the next call, or without it where `isDone`.
  public func takeOn(isDone: Bool) throws(SystemError) -> [TraceRecord] {
    parser.parseOn(try instance?.readAll() ?? [], isDone: isDone)
  }

  /// All records up to now of a recording that goes on, oldest first, and what was lost since the last call.
  ///
  /// Ends where all that came before the call was read, as a busy host writes faster than anybody reads.
  public func takeWhole() throws(SystemError) -> (records: [TraceRecord], loss: EvidenceLoss) {
    let before = parser.unreadable
    try pulse()
    var records: [TraceRecord] = []
    try instance?.readOn { piece in
      records += parser.parseOn(piece, isDone: false)
      return parser.pulses < pulsesMade
    }
    records += parser.parseOn([], isDone: true)
    var loss = try lossSince()
    loss.traceLost += parser.unreadable - before
    if isStandingStill { loss.traceStopped += 1 }
    return (records, loss)
  }

  /// True where the last `takeOn` kept something back.
  public var isWaiting: Bool { parser.isWaiting }

  /// Lines that could not be read so far.
  public var unreadable: UInt64 { parser.unreadable }

  /// What was lost since the start or the last call; of `unreadable` lines it knows nothing.
  public func lossSince() throws(SystemError) -> EvidenceLoss {
    let now = try counters()
    defer { counted = now }
    if let read = now.read {
      // Emptying a buffer takes away what was not read yet, and sets this back.
      if read < parser.begun - begunBefore { wasEmptied = true }
      if read > parser.begun - begunBefore { isReadByOthers = true }
    }
    // What somebody took away counts nothing any more.
    func since(_ now: UInt64, _ then: UInt64) -> UInt64 { now > then ? now - then : 0 }
    return EvidenceLoss(
      traceLost: since(now.overrun, counted.overrun),
      probesMissed: since(now.missed, counted.missed))
  }

  private func counters() throws(SystemError) -> TraceInstance.Counters {
    var counters = try instance?.counters() ?? TraceInstance.Counters()
    counters.missed = KprobeProfile.missed(
      events: try tracefs.text("kprobe_events"), profile: try tracefs.text("kprobe_profile"),
      group: name)
    return counters
  }

  /// Readable when there are records: for poll(2) and epoll(7). -1 once closed.
  public var descriptor: Int32 { instance?.descriptor ?? -1 }

  /// Stops recording and removes instance and probes.
  public func close() { removeAll() }

  private func removeAll() {
    instance?.close(group: name)
    instance = nil
    TraceInstance.remove(tracefs, name)
    for event in book.events { remove(event) }
  }
}

// MARK: - The recording is whole

extension TraceSession {
  /// Does what has a record for sure, so that its absence tells that the recording stands still.
  ///
  /// Anybody can switch all events of all instances off, or remove them (trace-cmd reset); with
  /// kernel.ftrace_enabled=0 or kprobes/enabled=0 probes are there and do nothing.
  public func pulse() throws(SystemError) {
    pulsesMade += 1
    _ = try sys.text("bus/\(TraceParser.pulseBus)/drivers_autoprobe")
  }

  /// True where a pulse has left no record, or something else keeps ours from being recorded.
  /// To be asked when all was read that came up to the pulse.
  public var isStandingStill: Bool {
    guard let instance else { return true }
    // The kernel disarms probe by probe, which takes seconds: that of the pulse can be among the last.
    return isFtraceOff || areKprobesOff || wasEmptied || isReadByOthers
      || parser.pulses < pulsesMade || instance.change != nil
  }

  /// Why, as far as it can be seen.
  public var standstillReason: String {
    if isFtraceOff { return Self.ftraceOff }
    if areKprobesOff {
      return "kprobes are registered and do not fire: debugfs kprobes/enabled is 0"
    }
    if book[.recording].state == .untold { return book.untold[.recording] ?? "" }
    guard let instance, instance.isThere(group: name) else {
      return "the probes were taken away by somebody else"
    }
    if let change = instance.change { return "\(change) by somebody else" }
    if !instance.isOn { return "recording was switched off by somebody else" }
    if wasEmptied { return "the recording was emptied by somebody else" }
    if isReadByOthers { return "the recording is read by somebody else" }
    return "kprobes are registered and do not fire"
  }

  /// True where somebody has disarmed all kprobes. Without debugfs nobody can.
  private var areKprobesOff: Bool { (try? sys.text("kernel/debug/kprobes/enabled")) == "0" }

  private static let ftraceOff = "kprobes do not fire: kernel.ftrace_enabled is 0"

  /// True where the kernel lets no kprobe fire at the begin of a function (KPROBES_ON_FTRACE). None is
  /// made then, or made anew: where that meets the moment in which it is 1 again, the kernel can find its
  /// own bookkeeping wrong and shut ftrace down until a reboot (ftrace_shutdown(), seen on 6.12).
  private var isFtraceOff: Bool {
    #if arch(arm64) || arch(arm)
      return false
    #else
      return (try? proc.text("sys/kernel/ftrace_enabled")) == "0"
    #endif
  }

  /// Makes probes and instance anew, under the same name. What was recorded is forgotten; the descriptor
  /// is another.
  ///
  /// True where it records now.
  public func remake() throws(SystemError) -> Bool {
    if isFtraceOff {
      obstacle = Self.ftraceOff
      return false
    }
    removeAll()
    let before = book
    book = FactBook()
    for row in FactRow.all { book[row.fact].way = min(before[row.fact].way, row.ways.count - 1) }
    try make()
    obstacle = try findObstacle()
    // What told something before still does.
    for row in FactRow.all
    where before[row.fact].state == .told && book[row.fact].state == .waiting {
      book[row.fact].state = .told
    }
    try start()
    return obstacle == nil
  }
}

// MARK: - Facts

extension TraceSession {
  /// Facts told something as expected.
  public func confirm(_ facts: Set<Fact>) {
    for fact in facts where book[fact].state == .waiting { book[fact].state = .told }
  }

  /// These had something to tell and did not: their next way is tried.
  ///
  /// True where one has another way, which is probed from now on.
  public func refute(_ facts: Set<Fact>) throws(SystemError) -> Bool {
    let refuted = Fact.allCases.filter { facts.contains($0) && book[$0].state != .untold }
    // What somebody else changed is not taken for ours.
    if refuted.isEmpty { return false }
    var isAnother = false
    for fact in refuted {
      let places = book[fact].places.joined(separator: ", ")
      book[fact].reasons.append("\(places) has no record where there should be one")
      try instance?.disable(book[fact].events, group: name)
      for event in book[fact].events { remove(event) }
      book[fact].way += 1
      register(fact)
      try arm(fact)
      if book[fact].state == .waiting { isAnother = true }
    }
    noteSettings()
    // The removal of an event empties the buffers of each instance in which it was on (clear_trace).
    if let read = try counters().read, read < parser.begun - begunBefore {
      begunBefore = parser.begun - read
    }
    return isAnother
  }

  /// Registers the first way from the present one on of which the kernel has a place.
  private func register(_ fact: Fact) {
    var entry = book[fact]
    entry.events = []
    entry.places = []
    entry.state = .untold
    while entry.isLeft {
      let way = entry.row.ways[entry.way]
      if way.needs.isEmpty || way.needs.contains(where: { symbols.found[$0] != nil }) {
        var number: [TracePoint: Int] = [:]
        for place in way.places { register(place, &entry, &number) }
        if !entry.places.isEmpty {
          entry.state = .waiting
          break
        }
      }
      entry.way += 1
    }
    book[fact] = entry
  }

  private func register(
    _ place: Place, _ entry: inout FactBook.Entry, _ number: inout [TracePoint: Int]
  ) {
    if case .tracepoint(let system, let event) = place.kind {
      // Filtered by the function's address, or it would fill the buffer.
      guard let symbol = symbols.found[place.function]?.first, symbol.address != 0,
        tracefs.exists("events/\(system)/\(event)")
      else {
        entry.reasons.append("there is no \(place.words)")
        return
      }
      entry.places.append(place.words)
      return
    }
    var hidden: String?
    let events = place.events(symbols, way: entry.way, number: &number, reason: &hidden)
    if let hidden { entry.reasons.append(hidden) }
    if events.isEmpty && hidden == nil {
      // Where another place of the way is there, this kernel goes that way.
      if entry.row.ways[entry.way].places.count == 1 {
        entry.reasons.append("this kernel has no \(place.function)")
      }
      return
    }
    var made: [ProbeEvent] = []
    do throws(SystemError) {
      for event in events {
        try tracefs.write(
          "kprobe_events", event.definition(group: name) + "\n", flags: O_APPEND)
        made.append(event)
      }
    } catch {
      // A begin without its end tells nothing.
      for event in made { remove(event) }
      entry.reasons.append("\(place.function) cannot be probed (\(error.reason))")
      return
    }
    entry.events += made
    entry.places += made.filter { !$0.isReturn }.map(\.symbol)
  }

  /// Lets what is registered for a fact record.
  private func arm(_ fact: Fact) throws(SystemError) {
    guard let instance, book[fact].state != .untold else { return }
    for place in book[fact].row.ways[book[fact].way].places {
      if case .tracepoint(let system, let event) = place.kind,
        let symbol = symbols.found[place.function]?.first
      {
        try instance.write(
          "events/\(system)/\(event)/filter",
          "function == 0x\(String(symbol.address, radix: 16))")
        try instance.write("events/\(system)/\(event)/enable", "1")
      }
      guard let filter = place.filter else { continue }
      for event in book[fact].events where !event.isReturn {
        try instance.write("events/\(name)/\(event.name)/filter", filter)
      }
    }
    try instance.arm(book[fact].events, group: name)
  }

  private func noteSettings() {
    instance?.noteSettings(book.events, group: name, others: book.tracepoints(symbols))
  }

  private func remove(_ event: ProbeEvent) {
    try? tracefs.write("kprobe_events", "-:\(name)/\(event.name)\n", flags: O_APPEND)
  }
}

extension [UntoldFact] {
  /// Why a fact is untold; nil where it is told.
  public subscript(fact: Fact) -> String? { first { $0.fact == fact }?.reason }
}
