internal import Evidence

extension PatternRow {
  /// The pattern in full.
  func lines(_ ink: Ink) -> [String] {
    var lines = [ink.bold("\(id)  \(name), a \(kind)".printable)]
    lines += spirit.printable.wrapped(after: "  ", to: Self.columns)
    lines += paragraph("raced", raced.isEmpty ? "nothing" : raced.joined(separator: ", "))
    lines += paragraph("expected", expected)
    lines += paragraph("finds", finds.joined(separator: ", "))
    lines += paragraph("start", start)
    for (index, condition) in conditions.enumerated() {
      lines += paragraph(index == 0 ? "needs" : "", condition)
    }
    for (index, thread) in threads.enumerated() {
      lines.append("  thread \(index + 1), \(thread.role)")
      for (number, step) in thread.steps.enumerated() {
        lines += step.printable.wrapped(after: "    \(number + 1)  ", to: Self.columns)
      }
    }
    lines += paragraph("widen", wideners)
    return lines + paragraph("here", obstacle.map { "no: \($0)" } ?? "yes")
  }

  private static let columns = 100

  private func paragraph(_ label: String, _ text: String) -> [String] {
    text.printable.wrapped(after: "  " + label.padded(to: 10), to: Self.columns)
  }

  /// The wideners, or that there are none; that there need not be one goes without saying.
  var wideners: String {
    let helping = widen.filter { $0 != "none" }
    return helping.isEmpty ? "none" : helping.joined(separator: ",")
  }
}

extension PatternRow.Thread {
  /// What it is to the race, in a word.
  var role: String { isStimulus ? "stimulus" : "racing" }
}

extension String {
  /// Lines of at most that many columns, as far as the words allow; the first begins with `begin`,
  /// the others as far to the right.
  func wrapped(after begin: String, to columns: Int) -> [String] {
    let indent = String(repeating: " ", count: begin.count)
    var lines: [String] = []
    var line = begin
    var isEmpty = true
    for word in split(separator: " ") {
      if !isEmpty && line.count + 1 + word.count > columns {
        lines.append(line)
        line = indent
        isEmpty = true
      }
      line += isEmpty ? word : " " + word
      isEmpty = false
    }
    return lines + [line]
  }
}
