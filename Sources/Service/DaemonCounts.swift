internal import Evidence

/// What a daemon has seen and done since it began.
struct DaemonCounts: Equatable {
  var uevents = 0
  /// Drivers that came back after somebody's unbind.
  var findings = 0
  /// Times that something could not be seen.
  var losses = 0
  /// Devices that came and match.
  var added = 0
  var races = 0
  /// Races that ended with a failing verdict.
  var failed = 0
  var leftOut = 0

  var text: String {
    var parts = [counted(uevents, "uevent"), "\(findings) came back after an unbind"]
    if added > 0 || races > 0 {
      parts += [counted(added, "device") + " added", counted(races, "race") + ", \(failed) failed"]
    }
    if leftOut > 0 { parts.append("\(leftOut) left out") }
    if losses > 0 { parts.append("\(losses) times something was not seen") }
    return parts.joined(separator: ", ")
  }
}
