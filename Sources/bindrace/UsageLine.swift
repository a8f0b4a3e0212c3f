internal import ArgumentParser

/// One line of what is wrong with the arguments and where to read on; the library writes several.
///
/// Its texts are recognised by their fixed beginnings; one that is not is shown as it is.
func usageLine(of error: any Error) -> String {
  let message = Bindrace.message(for: error)
  let help = helpCommand(in: Bindrace.fullMessage(for: error))
  return reduced(message, isRoot: help == "bindrace --help") + " (\(help))"
}

private func reduced(_ message: String, isRoot: Bool) -> String {
  if let value = message.after("The value '"),
    let split = value.lastSplit(at: "' is invalid for '"),
    let reason = split.after.lastSplit(at: "': ")
  {
    return "\(option(split.after)): '\(split.before)' \(reason.after)"
  }
  if let rest = message.after("Missing value for '") {
    return "\(option(rest)): a value is missing, as in \(rest.prefix { $0 != "'" })"
  }
  if let rest = message.after("Unexpected argument '") {
    return isRoot
      ? "'\(rest.dropLast())' is not a command: \(Bindrace.commands)"
      : "'\(rest.dropLast())' is an argument too many"
  }
  if let rest = message.after("Unknown option '") {
    let name = rest.prefix { $0 != "'" }
    guard let hint = rest.lastSplit(at: "Did you mean ") else { return "\(name): no such option" }
    return "\(name): no such option; did you mean \(hint.after)"
  }
  let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
  let line = sentence.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  return line.prefix(1).lowercased() + line.dropFirst()
}

/// The option or argument that "--cycles <N>': …" begins with.
private func option(_ text: String) -> String {
  let name = text.prefix { $0 != " " && $0 != "'" }
  return name.hasPrefix("<") ? String(name.dropFirst().dropLast()) : String(name)
}

/// The command that explains, from "See 'bindrace stress --help' for more information."
private func helpCommand(in text: String) -> String {
  guard let see = text.lastSplit(at: "See '") else { return "bindrace --help" }
  return String(see.after.prefix { $0 != "'" })
}

extension String {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }

  /// What is before and after the last `mark`.
  fileprivate func lastSplit(at mark: String) -> (before: String, after: String)? {
    var index = endIndex
    while index > startIndex {
      index = self.index(before: index)
      if self[index...].hasPrefix(mark) {
        return (String(self[..<index]), String(self[index...].dropFirst(mark.count)))
      }
    }
    return nil
  }
}
