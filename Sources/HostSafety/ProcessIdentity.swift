public import DriverModel
public import Evidence
internal import Glibc

/// One process: its number and when it started, as numbers are reused (proc_pid_stat(5)).
public struct ProcessIdentity: Sendable, Hashable {
  public var pid: Int32
  /// Clock ticks since boot.
  public var start: UInt64

  public init(pid: Int32, start: UInt64) {
    self.pid = pid
    self.start = start
  }

  /// The calling process. Throws what reading /proc/self/stat said.
  public static func own(proc: Directory) throws(SystemError) -> ProcessIdentity {
    guard let found = try Stat.read("self", proc: proc) else {
      throw SystemError("parse", proc.object("self/stat"), ENOENT)
    }
    return found.identity
  }

  /// True while this very process lives. A zombie does not: it changes nothing any more.
  public func isAlive(proc: Directory) throws(SystemError) -> Bool {
    guard let found = try Stat.read("\(pid)", proc: proc) else { return false }
    return found.identity == self && found.state != "Z" && found.state != "X"
  }
}

/// What /proc/PID/stat says, as far as it is needed here.
struct Stat {
  var identity: ProcessIdentity
  var command: String
  var state: String
  var parent: Int32
  /// The device number of its controlling terminal; nil without one.
  var terminal: (major: Int32, minor: Int32)?

  /// Nil where there is no such process.
  static func read(_ name: String, proc: Directory) throws(SystemError) -> Stat? {
    let file = "\(name)/stat"
    let text: String
    do {
      text = try proc.text(file)
    } catch  where error.errno == ENOENT || error.errno == ESRCH {
      return nil
    }
    // The command stands in parentheses and can hold any byte, parentheses and spaces too. Bytes, as
    // an accent behind a parenthesis would make one character of both.
    let bytes = text.utf8
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let end = bytes.lastIndex(of: UInt8(ascii: ")")), open < end
    else {
      throw SystemError("parse", proc.object(file), EINVAL)
    }
    let rest = bytes[bytes.index(after: end)...].split(separator: UInt8(ascii: " "))
      .map(Substring.init)
    guard let pid = Int32(text[..<open].filter { $0 != " " }), rest.count > 19,
      let parent = Int32(rest[1]), let terminal = Int32(rest[4]), let start = UInt64(rest[19])
    else {
      throw SystemError("parse", proc.object(file), EINVAL)
    }
    return Stat(
      identity: ProcessIdentity(pid: pid, start: start),
      command: String(Substring(bytes[bytes.index(after: open)..<end])), state: String(rest[0]),
      parent: parent,
      // As new_encode_dev() packs them.
      terminal: terminal == 0
        ? nil : (terminal >> 8 & 0xfff, terminal & 0xff | terminal >> 12 & 0xfff00))
  }

  /// True of a process that root runs, by all of its IDs; false where there is no such process.
  static func isOfRoot(_ name: String, proc: Directory) throws(SystemError) -> Bool {
    let bytes: [UInt8]
    do {
      bytes = try proc.bytes("\(name)/status")
    } catch  where error.errno == ENOENT || error.errno == ESRCH {
      return false
    }
    let lines = bytes.split(separator: 0x0a)
    guard let line = lines.first(where: { $0.starts(with: "Uid:".utf8) }) else { return false }
    let ids = line.dropFirst(4).split { $0 == 0x20 || $0 == 0x09 }
    return ids.count == 4 && ids.allSatisfy { $0.elementsEqual("0".utf8) }
  }
}
