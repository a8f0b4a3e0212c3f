internal import Evidence

/// How a report in the kernel log begins, and how it ends.
///
/// Beginnings are compared with the text of a record behind the name of its subsystem ("rcu: "). What
/// only looks like one is left out: drivers print "WARNING:" and "BUG" as they like, and an error of a
/// device, a slow interrupt or an unsigned module is none of the kernel's own doing wrong.
struct KernelWarning {
  enum Ending {
    /// It is one line.
    case line
    /// The end of the call trace.
    case trace
    /// A line that says so: "---[ end trace", or a line of "=" below a report of a checker.
    case mark
  }

  let kind: KernelReport.Kind
  let ending: Ending

  private let beginning: String
  /// What stands behind it, anywhere in the line.
  private let behind: String

  private init(
    _ beginning: String, and behind: String = "", _ kind: KernelReport.Kind, _ ending: Ending
  ) {
    self.beginning = beginning
    self.behind = behind
    self.kind = kind
    self.ending = ending
  }

  static let cut = "------------[ cut here ]"

  /// The first that fits counts.
  private static let all = [
    KernelWarning(cut, .warning, .mark),
    KernelWarning("WARNING: CPU:", .warning, .mark),
    // lockdep and RCU's checker; the older spelling is INFO.
    KernelWarning("WARNING: possible ", .warning, .trace),
    KernelWarning("WARNING: inconsistent lock state", .warning, .trace),
    KernelWarning("WARNING: suspicious RCU usage", .warning, .trace),
    KernelWarning("WARNING: bad unlock balance", .warning, .trace),
    KernelWarning("WARNING: bad contention detected", .warning, .trace),
    KernelWarning("WARNING: held lock freed", .warning, .trace),
    KernelWarning("WARNING: lock held when returning to user space", .warning, .trace),
    KernelWarning("WARNING: Nested lock was not taken", .warning, .trace),
    KernelWarning("WARNING: SOFTIRQ-", .warning, .trace),
    KernelWarning("WARNING: HARDIRQ-", .warning, .trace),
    KernelWarning("WARNING: kernel stack ", .warning, .line),
    KernelWarning("INFO: trying to register non-static key", .warning, .trace),
    KernelWarning("sysfs: cannot create duplicate filename", .warning, .trace),
    KernelWarning("kobject", and: "tried to init an initialized object", .warning, .trace),
    KernelWarning("unregister_netdevice: waiting for ", .warning, .line),
    // Before the other BUGs: nothing is damaged by these.
    KernelWarning("BUG: soft lockup", .stall, .trace),
    KernelWarning("BUG: workqueue lockup", .stall, .mark),
    KernelWarning("Watchdog detected hard LOCKUP", .stall, .trace),
    KernelWarning("INFO: task ", and: " blocked for more than ", .stall, .trace),
    KernelWarning("INFO: rcu", and: " stall", .stall, .trace),
    KernelWarning("INFO: ", and: "detected stall", .stall, .trace),
    KernelWarning("INFO: ", and: "detected expedited stall", .stall, .trace),
    KernelWarning("INFO: ", and: "self-detected stall", .stall, .trace),
    KernelWarning("BUG: sleeping function called", .bug, .trace),
    KernelWarning("BUG: scheduling while atomic", .bug, .trace),
    KernelWarning("BUG: using ", .bug, .trace),
    KernelWarning("BUG: ", .bug, .mark),
    // SLUB: "BUG kmalloc-64 (Tainted: G): Poison overwritten".
    KernelWarning("BUG ", and: "ainted", .bug, .mark),
    KernelWarning("kernel BUG at ", .bug, .mark),
    KernelWarning("Kernel BUG ", .bug, .mark),
    // lib/list_debug.c: what is wrong stands before the "cut here".
    KernelWarning("list_add corruption", .bug, .mark),
    KernelWarning("list_add double add", .bug, .mark),
    KernelWarning("list_del corruption", .bug, .mark),
    KernelWarning("Oops", .bug, .mark),
    KernelWarning("general protection fault", .bug, .mark),
    KernelWarning("stack segment: ", .bug, .mark),
    KernelWarning("divide error: ", .bug, .mark),
    KernelWarning("invalid opcode: ", .bug, .mark),
    KernelWarning("double fault: ", .bug, .mark),
    KernelWarning("traps: PANIC: double fault", .bug, .mark),
    KernelWarning("Unable to handle kernel ", .bug, .mark),
    KernelWarning("Internal error: ", .bug, .mark),
    KernelWarning("UBSAN: ", .bug, .mark),
    KernelWarning("Kernel panic - ", .bug, .mark),
  ]

  /// lockdep that has run out of room.
  private static let exceptions = ["BUG: MAX_LOCK", "BUG: MAX_STACK"]

  /// Whose messages stand behind their own name.
  private static let subsystems = ["rcu: ", "watchdog: ", "NMI watchdog: "]

  /// The report that a line begins; nil where it begins none.
  static func beginning(_ line: String) -> KernelWarning? {
    let text = withoutSubsystem(line)
    if exceptions.contains(where: { text.hasPrefix($0) }) { return nil }
    return all.first {
      text.hasPrefix($0.beginning) && ($0.behind.isEmpty || text.contains($0.behind))
    }
  }

  /// False where a record surely begins none, by its first two bytes: drivers that find many devices
  /// say thousands of lines a second. What has more lines than one is escaped.
  static func canBegin(_ escaped: ArraySlice<UInt8>) -> Bool {
    guard escaped.count >= 2 else { return false }
    let first = Int(escaped[escaped.startIndex]) << 8 | Int(escaped[escaped.startIndex + 1])
    return beginsOne[first] || escaped.contains(UInt8(ascii: "\\"))
  }

  private static let beginsOne: [Bool] = {
    var table = [Bool](repeating: false, count: 1 << 16)
    for text in all.map(\.beginning) + subsystems {
      let bytes = Array(text.utf8.prefix(2))
      table[Int(bytes[0]) << 8 | Int(bytes[1])] = true
    }
    return table
  }()

  private static func withoutSubsystem(_ line: String) -> Substring {
    let subsystem = subsystems.first { line.hasPrefix($0) } ?? ""
    return line.dropFirst(subsystem.count)
  }
}
