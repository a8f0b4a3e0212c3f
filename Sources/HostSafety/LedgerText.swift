internal import Evidence

/// The first lines of a ledger: whose it is.
struct LedgerHeader: Equatable {
  static let magic = "bindrace-ledger"
  static let version = "1"
  static let words = [magic, "boot", "run", "process", "start"]

  var boot: String
  var run: String
  var process: ProcessIdentity
  /// When the run began, for the order of ledgers.
  var start: Time

  var text: String {
    let lines = [
      [[Self.magic], [Self.version]],
      [["boot"], [boot]],
      [["run"], [run]],
      [["process"], ["\(process.pid)"], ["\(process.start)"]],
      [["start"], ["\(start.nanoseconds)"]],
    ]
    return lines.map { Line.encode($0) + "\n" }.joined()
  }
}

/// One change in a ledger. A later line of the same number stands for an earlier one.
struct LedgerEntry: Equatable {
  var number: Int
  var change: Change

  var text: String { Line.encode([["open"], ["\(number)"]] + change.fields) + "\n" }
  var closingText: String { Line.encode([["closed"], ["\(number)"]]) + "\n" }
}

/// What can be read of a ledger. Damaged lines are passed over.
struct LedgerText {
  var header: LedgerHeader?
  /// Open entries, in order of recording.
  var entries: [LedgerEntry] = []
  /// True where a line is damaged or cut off.
  var isDamaged = false
  /// The version that a later bindrace gave it; nothing else of it was read then.
  var laterVersion: String?
  /// True where it was cut off while its header was written, before anything could be changed.
  var isOnlyBegun = false

  init(_ bytes: [UInt8]) {
    var values: [String: [String]] = [:]
    var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    var isOnlyCutOff = true
    if lines.removeLast().isEmpty == false { isDamaged = true }
    for line in lines {
      guard let text = String(validating: line, as: UTF8.self),
        let fields = Line.decode(text[...]), let word = fields[0].first
      else {
        isDamaged = true
        isOnlyCutOff = false
        continue
      }
      switch word {
      case "open", "closed":
        isOnlyCutOff = false
        if !read(word, fields) { isDamaged = true }
      default:
        if !LedgerHeader.words.contains(word) { isOnlyCutOff = false }
        values[word] = fields.dropFirst().map { $0.first ?? "" }
      }
      if let version = values[LedgerHeader.magic]?.first, version != LedgerHeader.version,
        Int(version) != nil
      {
        laterVersion = version
        return
      }
    }
    header = Self.header(values)
    if header == nil {
      isDamaged = true
      isOnlyBegun = isOnlyCutOff && values.count < LedgerHeader.words.count
    }
  }

  private mutating func read(_ word: String, _ fields: [[String]]) -> Bool {
    guard fields.count >= 2, let number = fields[1].first.flatMap({ Int($0) }) else { return false }
    let index = entries.firstIndex { $0.number == number }
    if word == "closed" {
      if let index { entries.remove(at: index) }
      return fields.count == 2
    }
    guard let change = Change(fields: Array(fields[2...])) else { return false }
    if let index {
      entries[index].change = change
    } else {
      entries.append(LedgerEntry(number: number, change: change))
    }
    return true
  }

  private static func header(_ values: [String: [String]]) -> LedgerHeader? {
    guard values[LedgerHeader.magic] == [LedgerHeader.version], let boot = values["boot"]?.first,
      let run = values["run"]?.first, let process = values["process"], process.count == 2,
      let pid = Int32(process[0]), let born = UInt64(process[1]),
      let start = values["start"]?.first.flatMap({ Int64($0) })
    else { return nil }
    return LedgerHeader(
      boot: boot, run: run, process: ProcessIdentity(pid: pid, start: born),
      start: Time(nanoseconds: start))
  }
}
