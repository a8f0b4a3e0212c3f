public import Evidence

/// What a watch saw, a line each, in the columns of `udevadm monitor`: where it is from, when
/// (CLOCK_MONOTONIC), what, the device, its bus.
public struct WatchText {
  private let ink: Ink

  public init(colour: Bool) {
    ink = Ink(colour: colour)
  }

  /// What stands above all lines.
  ///
  /// - Parameter untraced: why nothing is traced.
  public func heading(untraced: String?) -> String {
    let trace =
      untraced.map { "TRACE - nothing: \($0)" }
      ?? "TRACE - who did it, and what was written into bind and unbind, from the kernel's trace"
    return """
      bindrace will print the received events for:
      KERNEL - the kernel uevent
      \(trace.printable)
      FINDING - a driver that came back after an unbind


      """
  }

  public func line(_ event: WatchEvent) -> String {
    switch event {
    case .uevent(let event):
      let driver = event.action == .bind ? event.driver.map { "  \($0)" } ?? "" : ""
      return line(
        "KERNEL", event.received, event.action?.rawValue ?? "?", event.devpath, event.subsystem,
        driver) + "\n"
    case .deed(let deed): return line(deed)
    case .finding(let finding):
      let text = line(
        "FINDING", finding.attach?.time ?? Time(nanoseconds: 0), finding.verdict.rawValue,
        finding.syspath.isEmpty ? finding.device : String(finding.syspath.dropFirst("/sys".count)),
        Self.bus(finding.device), "  \(finding.text)")
      let unbind = finding.unbind.flatMap { unbind in
        unbind.command.map { "  unbound by \($0) (pid \(unbind.pid ?? 0))" }
      }
      let rest = [unbind].compactMap(\.self) + (finding.attach?.stack ?? []).map { "    \($0)" }
      return ([ink.red(text)] + rest.map(\.printable)).joined(separator: "\n") + "\n"
    case .loss(_, let text): return ink.yellow("LOST " + text.printable) + "\n"
    case .sight(let text): return "SEEN " + text.printable + "\n"
    }
  }

  private func line(_ deed: WatchEvent.Deed) -> String {
    var rest = deed.driver.isEmpty ? "" : " \(deed.driver)"
    rest += " by \(deed.command) (pid \(deed.pid))"
    rest += deed.function.map { ", \($0)" } ?? ""
    if deed.kind == .bind || deed.kind == .unbind {
      rest += ": \(deed.answer ?? "it has not returned")"
    }
    // What was written can be no device, or nothing.
    let isEmpty = deed.device.isEmpty || deed.device.hasSuffix("/")
    let device = isEmpty ? deed.device + "\"\"" : deed.device
    return line(
      "TRACE", deed.time, deed.kind.rawValue, deed.devpath.isEmpty ? device : deed.devpath,
      Self.bus(deed.device), " \(rest)") + "\n"
  }

  private static func bus(_ device: String) -> String {
    device.contains("/") ? String(device.prefix { $0 != "/" }) : "?"
  }

  private func line(
    _ source: String, _ time: Time, _ action: String, _ path: String, _ bus: String, _ rest: String
  ) -> String {
    let micros = time.nanoseconds / 1000
    let fraction = String(micros % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.count)
    let stamp = "\(source)[\(micros / 1_000_000).\(zeros)\(fraction)]"
    return "\(stamp) \(action.padded(to: 8)) \(path) (\(bus))\(rest)".printable
  }
}
