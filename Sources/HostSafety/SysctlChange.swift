internal import DriverModel
internal import Evidence

/// A kernel setting below /proc/sys that is written over (proc_sys(5)).
public struct SysctlChange: Sendable, Equatable {
  /// Relative to /proc/sys.
  public var path: String
  public var old: String
  public var new: String

  public init(path: String, old: String, new: String) {
    self.path = path
    self.old = old
    self.new = new
  }
}

extension SysctlChange: Reversible {
  static let kind = "sysctl"

  var thing: String { "sysctl \(path)" }
  var summary: String { "/proc/sys/\(path) was \"\(old)\"" }
  var fields: [[String]] { [[path], [old], [new]] }

  init?(fields: [[String]]) {
    guard fields.count == 3, let path = fields[0].first, let old = fields[1].first,
      let new = fields[2].first
    else { return nil }
    self.init(path: path, old: old, new: new)
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    let file = "sys/\(path)"
    guard host.proc.exists(file) else { return .gone }
    let before = try host.proc.text(file)
    if before == old { return .alreadyRight }
    guard before == new else { return .leftAlone("it is \"\(before)\", changed by somebody else") }
    // printk_devkmsg takes a word only with a newline behind it (devkmsg_sysctl_set_loglvl()).
    try host.actions.write(host.proc.object(file), old + "\n")
    let after = try host.proc.text(file)
    guard after == old else {
      var error = SystemError("write", host.proc.object(file), 0)
      error.reason = "it still reads \"\(after)\""
      throw error
    }
    return .restored
  }
}
