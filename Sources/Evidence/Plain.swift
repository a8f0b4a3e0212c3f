extension String {
  /// One line that is safe on a terminal: a process may call itself anything, and names come from
  /// hardware.
  public var printable: String {
    guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      return self
    }
    return unicodeScalars.reduce(into: "") { text, scalar in
      let isControl = scalar.properties.generalCategory == .control
      text += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    }
  }
}

/// "1 cycle", "2 cycles".
public func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}

/// A duration of `nanoseconds` in the unit that reads best, with three decimals: "1.234 ms".
public func readable(nanoseconds: Int64) -> String {
  let units: [(size: UInt64, name: String)] = [
    (1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us"),
  ]
  let sign = nanoseconds < 0 ? "-" : ""
  guard let unit = units.first(where: { nanoseconds.magnitude >= $0.size }) else {
    return "\(nanoseconds) ns"
  }
  let thousandths = nanoseconds.magnitude / (unit.size / 1000)
  let decimals = String(thousandths % 1000)
  let zeros = String(repeating: "0", count: 3 - decimals.count)
  return "\(sign)\(thousandths / 1000).\(zeros)\(decimals) \(unit.name)"
}

extension [String] {
  /// Each element once, in the order of its first appearance.
  public func uniqued() -> [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
