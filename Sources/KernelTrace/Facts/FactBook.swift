internal import Evidence

/// How each fact is told on this kernel: by which way of the table, and whether it proved to be.
///
/// A compiler can move a function's arguments or inline it where it matters and keep its symbol. So a way
/// counts only after it told something as expected; until then, that there is no record says nothing.
struct FactBook: Sendable {
  struct Entry: Sendable {
    let row: FactRow
    /// The index in `row.ways` that is probed; the number of ways where none is left.
    var way = 0
    /// What is probed of that way.
    var events: [ProbeEvent] = []
    var places: [String] = []
    var state = FactSource.State.untold
    /// Why ways were passed over.
    var reasons: [String] = []

    /// True where another way can be tried.
    var isLeft: Bool { way < row.ways.count }
  }

  private(set) var entries = FactRow.all.map { Entry(row: $0) }

  subscript(fact: Fact) -> Entry {
    get { entries[index(fact)] }
    set { entries[index(fact)] = newValue }
  }

  private func index(_ fact: Fact) -> Int { entries.firstIndex { $0.row.fact == fact }! }

  var sources: [FactSource] {
    entries.map { entry in
      FactSource(
        fact: entry.row.fact, state: entry.state, places: entry.places,
        reason: entry.reasons.isEmpty ? nil : entry.reasons.joined(separator: "; "))
    }
  }

  /// Facts of which the absence of a record says nothing.
  var untold: [UntoldFact] {
    entries.filter { $0.state != .told }.map { entry in
      UntoldFact(
        entry.row.fact,
        reason: entry.state == .waiting
          ? "\(entry.places.joined(separator: ", ")) had no record in this run, and may not tell it here"
          : entry.reasons.joined(separator: "; "))
    }
  }

  /// Nothing is probed, for that reason.
  mutating func closeAll(_ reason: String) {
    for index in entries.indices { entries[index].reasons = [reason] }
  }

  /// Every event that is probed.
  var events: [ProbeEvent] { entries.flatMap(\.events) }

  /// The kernel's own events that record besides, "SYSTEM/EVENT".
  func tracepoints(_ symbols: KernelSymbols) -> [String] {
    entries.filter { $0.state != .untold }.flatMap { $0.row.ways[$0.way].places }
      .compactMap { place in
        guard case .tracepoint(let system, let event) = place.kind,
          symbols.found[place.function]?.isEmpty == false
        else { return nil }
        return "\(system)/\(event)"
      }
  }
}

/// What a place of a way comes to on this kernel.
extension Place {
  /// The kprobe events for it; empty where the kernel has no such function.
  ///
  /// - Parameters:
  ///   - way: the index of the way that it belongs to.
  ///   - number: counts the symbols that tell a point.
  ///   - reason: why a symbol that is there cannot be probed.
  func events(
    _ symbols: KernelSymbols, way: Int, number: inout [TracePoint: Int], reason: inout String?
  ) -> [ProbeEvent] {
    var events: [ProbeEvent] = []
    for symbol in symbols.found[function] ?? [] {
      guard let location = symbols.location(symbol) else {
        reason = "\(symbol.name) is there more than once, and the kernel hides addresses"
        continue
      }
      for (reading, isReturn) in [(entry, false), (exit, true)] {
        guard let reading else { continue }
        let count = number[reading.point, default: 0]
        number[reading.point] = count + 1
        events.append(
          ProbeEvent(
            name: ProbeEvent.name(reading.point, way: way, number: count), reading: reading,
            isReturn: isReturn, symbol: symbol.name, location: location))
      }
    }
    return events
  }
}
