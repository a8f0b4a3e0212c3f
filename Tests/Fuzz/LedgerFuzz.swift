@testable import HostSafety

/// A ledger in any state: cut off, damaged, written by nobody.
enum LedgerFuzz: FuzzTarget {
  static let name = "ledger"

  static func run(_ input: [UInt8]) {
    let read = LedgerText(input)
    // What was understood reads the same when it is written anew.
    let header = read.header?.text ?? ""
    let again = LedgerText(Array((header + read.entries.map(\.text).joined()).utf8))
    must(again.entries == read.entries, "entries changed: \(read.entries) \(again.entries)")
    must(again.header == read.header, "the header changed")
    must(again.isDamaged == (read.header == nil), "a ledger of ours is damaged")
    must(Set(read.entries.map(\.number)).count == read.entries.count, "two entries of one number")
  }
}
