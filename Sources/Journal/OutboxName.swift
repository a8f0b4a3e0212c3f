/// The name of a finding's file in the outbox: its number, and how often it was handed to journald in which boot.
/// Names in order are findings in order.
struct OutboxName: Sendable, Equatable {
  var number: Int
  var sends = 0
  /// Of the last time; empty before the first.
  var boot = ""

  init(number: Int) {
    self.number = number
  }

  /// Nil where it is the name of something else.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 1 || parts.count == 3, let number = Int(parts[0]), number > 0 else {
      return nil
    }
    self.number = number
    if parts.count == 1 { return }
    guard let sends = Int(parts[1]), sends > 0, sends < 1000, !parts[2].isEmpty else { return nil }
    self.sends = sends
    boot = parts[2]
  }

  /// "00000017", or "00000017.1.0123456789ab" once it was sent.
  var text: String {
    let digits = "\(number)"
    let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    return sends == 0 ? padded : "\(padded).\(sends).\(boot)"
  }
}
