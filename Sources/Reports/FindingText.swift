internal import Evidence

extension FindingGroup {
  /// The group as text: its count, one finding in full, the delays of the others.
  func lines(_ ink: Ink) -> [String] {
    lines(ink, title: "\(verdict.rawValue): \(counted(count, "cycle")) of \(pattern)")
  }

  func lines(_ ink: Ink, title: String) -> [String] {
    var lines = [isFailing ? ink.red(title) : ink.bold(title)]
    lines += representative.lines.map { "  " + $0 }
    if count > 1 { lines.append("  " + rest) }
    return lines
  }

  private var rest: String {
    var text = "\(count - 1) more like it"
    let devices = findings.map(\.device).uniqued().count
    if devices > 1 { text += " on \(devices) devices" }
    let delays = self.delays
    if let first = delays.first, let last = delays.last {
      text += ", attached \(readable(nanoseconds: first)) / "
      text += "\(readable(nanoseconds: delays[delays.count / 2])) / "
      text += "\(readable(nanoseconds: last)) later (min / median / max"
      text += delays.count < count ? " of the \(delays.count) kept)" : ")"
    }
    let functions = findings.compactMap { $0.attach?.function }.uniqued()
    if functions.count > 1 { text += ", by \(functions.joined(separator: " or "))" }
    return text.printable
  }
}

extension Finding {
  /// The finding in full.
  var lines: [String] {
    let name = driver.isEmpty ? "no driver" : "driver \(driver)"
    let place = "device  \(device), \(name), cycle \(cycle), evidence \(evidence.rawValue)"
    var lines = [text.printable, place.printable, "path    \(syspath)".printable]
    if let asynchronousBy {
      let why = "\(driver) is not known to probe so by itself"
      lines.append("async   by \(asynchronousBy) alone: \(why)".printable)
    }
    if let unbind { lines.append("unbind  \(unbind.line)".printable) }
    if let attach { lines += attach.lines(origin: origin) }
    if let writer { lines += writer.lines }
    if seqnum.unbind != nil || seqnum.bind != nil {
      let unbind = seqnum.unbind.map(String.init) ?? "none"
      let bind = seqnum.bind.map(String.init) ?? "none"
      lines.append("SEQNUM  unbind \(unbind), bind \(bind)")
    }
    return lines + logLines
  }

  /// The first lines of the log; the JSON result has them all.
  private var logLines: [String] {
    let most = 40
    var lines = log.prefix(most).enumerated().map { index, line in
      ((index == 0 ? "log     " : "        ") + line).printable
    }
    if log.count > most { lines.append("        … and \(log.count - most) lines more") }
    return lines
  }
}

extension Finding {
  /// What the delay of the attach counts from; nil where nothing went before it.
  private var origin: String? {
    switch verdict {
    case .falseSuccess: "the unbind returned"
    case .overrideBypassed: "driver_override was written"
    case .autoprobeBypassed: "drivers_autoprobe was turned off"
    case .attachAfterRemove: "the removal"
    case .attachAfterRefusal: "the refusal"
    default: unbind.map { $0.isRefused ? "the refusal" : "the detach" }
    }
  }
}

extension Finding.Unbind {
  fileprivate var isRefused: Bool { errno != nil && errno != 0 }

  fileprivate var line: String {
    let who = [command, pid.map { "pid \($0)" }].compactMap { $0 }
    let writer = who.isEmpty ? "" : " (\(who.joined(separator: ", ")))"
    guard let end, let errno else { return "has not returned" + writer }
    let outcome =
      switch errno {
      case 0: "success"
      case 11: "EAGAIN"
      case 16: "EBUSY"
      case 19: "ENODEV"
      default: "errno \(errno)"
      }
    return "\(outcome), returned after \(readable(nanoseconds: end - start))\(writer)"
  }
}

extension Finding.Writer {
  fileprivate var lines: [String] {
    guard let sleep else { return ["writer  pid \(pid), gone before anybody could look"] }
    let place = sleep.function.map { "sleeps in \($0)" } ?? "sleeps"
    let text = "writer  \(place) (\(sleep.command), pid \(pid))"
    return ([text] + sleep.stack.map { "          \($0)" }).map(\.printable)
  }
}

extension Finding.Attach {
  fileprivate func lines(origin: String?) -> [String] {
    let path = "by \(function ?? "an unknown path")"
    var text = "attach  " + [delay(origin), path].compactMap { $0 }.joined(separator: ", ")
    let who = [command, pid.map { "pid \($0)" }].compactMap { $0 }
    if !who.isEmpty { text += " (\(who.joined(separator: ", ")))" }
    return [text.printable] + stack.map { "          \($0)".printable }
  }

  private func delay(_ origin: String?) -> String? {
    guard let after else { return origin.map { _ in "delay unknown" } }
    // The journal of another host can say what it likes, and abs(Int64.min) is none.
    let distance = readable(nanoseconds: abs(max(after, -.max)))
    return "\(distance) \(after < 0 ? "before" : "after") \(origin ?? "the detach")"
  }
}
