import Evidence

@testable import KernelTrace

/// What trace_pipe holds: any process can choose its name, and what it writes into bind.
enum TraceFuzz: FuzzTarget {
  static let name = "trace"

  static func run(_ input: [UInt8]) {
    var parser = TraceParser()
    let records = parser.parse(input)
    let lines = input.count { $0 == 0x0a } + 1
    must(records.count + Int(parser.unreadable) <= lines, "more records than lines")
    for record in records {
      must(record.stack.isEmpty || record.point.hasStack, "a stack where none is asked for")
    }
    // Whole records, read in two parts, are the same records.
    if let end = input.indices.first(where: { input[$0] == 0x0a && $0 > input.count / 2 }) {
      var parts = TraceParser()
      let both = parts.parse(Array(input[...end])) + parts.parse(Array(input[(end + 1)...]))
      must(both.count <= lines, "more records than lines in parts")
    }
  }
}
