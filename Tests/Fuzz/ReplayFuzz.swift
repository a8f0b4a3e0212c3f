import Reports

/// A result in JSON that somebody hands to --replay.
enum ReplayFuzz: FuzzTarget {
  static let name = "replay"

  static func run(_ input: [UInt8]) {
    let result: EarlierResult
    do {
      result = try EarlierResult(input)
    } catch {
      must(!"\(error)".isEmpty, "a problem without a word")
      must(!"\(error)".contains("\n"), "a problem of several lines")
      return
    }
    must(!result.entries.isEmpty, "a result without entries")
    for entry in result.entries { must(entry.cycles > 0, "an entry without cycles") }
  }
}
