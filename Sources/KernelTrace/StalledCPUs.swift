/// The CPUs that a report of a stall names.
enum StalledCPUs {
  /// Sorted; empty where it names none, as a hung task does.
  static func named(in lines: [String]) -> [Int32] {
    guard let title = lines.first else { return [] }
    var cpus: Set<Int32> = []
    // kernel/watchdog.c: "soft lockup - CPU#1 stuck", "hard LOCKUP on cpu 1".
    for key in ["CPU#", "LOCKUP on cpu "] {
      if let number = title.behind(key).flatMap(Self.number) { cpus.insert(number) }
    }
    // kernel/workqueue.c: "pool cpus=0-1 node=0".
    if title.contains("workqueue lockup"), let list = title.behind("cpus=") {
      cpus.formUnion(range(list))
    }
    guard title.contains("stall") else { return cpus.sorted() }
    // kernel/rcu/tree_exp.h names them in one line: "CPUs/tasks: { 1-...D } 6002 jiffies".
    if let list = title.behind("{ ") {
      cpus.formUnion(list.prefix { $0 != "}" }.split(separator: " ").compactMap(stalled))
    }
    // kernel/rcu/tree_stall.h, a line for each: "rcu: \t1-....: (5250 ticks this GP)".
    for line in lines.dropFirst() {
      if let entry = line.behind("rcu: \t"), let cpu = stalled(entry) { cpus.insert(cpu) }
    }
    return cpus.sorted()
  }

  /// "1-....", "1-..!.: (…": a CPU and its flags; "P88" is a task.
  private static func stalled(_ text: Substring) -> Int32? {
    let digits = text.prefix { $0.isNumber }
    guard text.dropFirst(digits.count).first == "-" else { return nil }
    return Int32(digits)
  }

  private static func number(_ text: Substring) -> Int32? { Int32(text.prefix { $0.isNumber }) }

  /// "0-1,4 node=0"
  private static func range(_ text: Substring) -> [Int32] {
    text.prefix { $0 != " " }.split(separator: ",").flatMap { part -> [Int32] in
      let ends = part.split(separator: "-").compactMap { Int32($0) }
      guard let first = ends.first, let last = ends.last, first <= last, last < 65536 else {
        return []
      }
      return Array(first...last)
    }
  }
}

extension String {
  /// What follows `key`; nil where it is not there.
  fileprivate func behind(_ key: String) -> Substring? {
    firstRange(of: key).map { self[$0.upperBound...] }
  }
}
