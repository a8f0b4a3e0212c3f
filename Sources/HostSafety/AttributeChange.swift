internal import DriverModel
internal import Evidence

/// A value in sysfs that is written over.
public struct AttributeChange: Sendable, Equatable {
  /// How two values of it are compared, and how it is read and written.
  public enum Format: String, Sendable {
    /// Text, without trailing white space.
    case text
    /// Hexadecimal digits in groups of 32 bits; leading zeros do not count.
    case mask
    /// `driver_override`: "(null)" is no value, and reading and writing wait for the device's lock.
    case driverOverride
  }

  /// Relative to the root of sysfs.
  public var path: String
  public var old: String
  /// All values that the run writes. Recording the same path again adds to them.
  public var new: [String]
  public var format: Format
  /// Of a mask: what `cpumask_isolated` was beside it; nil where there is none.
  public var isolated: String?

  public init(path: String, old: String, new: String, format: Format = .text) {
    self.path = path
    self.old = old
    self.new = [new]
    self.format = format
  }

  func adding(_ later: AttributeChange) -> AttributeChange {
    var sum = self
    for value in later.new where !sum.new.contains(value) { sum.new.append(value) }
    return sum
  }
}

extension AttributeChange: Reversible {
  static let kind = "attribute"

  var thing: String { "attribute \(path)" }
  var summary: String { "\(path) was \"\(format.normal(old))\"" }
  var fields: [[String]] {
    [[format.rawValue], [path], [old] + [isolated].compactMap(\.self), new]
  }

  init?(fields: [[String]]) {
    guard fields.count == 4, let format = fields[0].first.flatMap(Format.init),
      let path = fields[1].first, let old = fields[2].first, !fields[3].isEmpty
    else { return nil }
    self.init(path: path, old: old, new: "", format: format)
    new = fields[3]
    isolated = fields[2].dropFirst().first
  }

  func undo(on host: Host) throws(SystemError) -> Outcome {
    guard host.sys.exists(path) else { return .gone }
    let before = try read(host)
    if before == format.normal(old) {
      return try isolation(host).map { .leftAlone($0) } ?? .alreadyRight
    }
    guard new.map(format.normal).contains(before) else {
      return .leftAlone("it is \"\(before)\", changed by somebody else")
    }
    // Sysfs never passes on a write of no bytes; a newline alone clears a value.
    let text = format.normal(old).isEmpty ? "\n" : old
    switch format {
    case .driverOverride: try host.actions.writeWaiting(host.sys.object(path), text)
    case .text, .mask: try host.actions.write(host.sys.object(path), text)
    }
    let after = try read(host)
    guard after == format.normal(old) else {
      var error = SystemError("write", host.sys.object(path), 0)
      error.reason = "it still reads \"\(after)\""
      throw error
    }
    return try isolation(host).map { .leftAlone($0) } ?? .restored
  }

  /// What of a mask is not as it was although what was asked for is back: CPUs were isolated meanwhile, or
  /// are not any more. No write changes the one without the other.
  private func isolation(_ host: Host) throws(SystemError) -> String? {
    guard format == .mask, host.sys.exists(Self.requested(path)) else { return nil }
    let mask = format.normal(try host.sys.text(path))
    if mask != format.normal(old) {
      return
        "\(format.normal(old)) is asked for again, and is \(mask) as CPUs were isolated meanwhile"
    }
    guard let isolated, host.sys.exists(Self.isolated(path)) else { return nil }
    let now = try host.sys.text(Self.isolated(path))
    if format.normal(now) == format.normal(isolated) { return nil }
    return "it is \(mask) again, but \(Self.isolated(path)) was \"\(isolated)\" and is \"\(now)\" "
      + "(set the cpuset partition anew)"
  }

  /// What stands beside the mask of unbound workqueues since 6.7: what was asked for, of which `path` lacks
  /// the isolated CPUs.
  public static func requested(_ path: String) -> String { path + "_requested" }

  /// The isolated CPUs.
  public static func isolated(_ path: String) -> String { path + "_isolated" }

  private func read(_ host: Host) throws(SystemError) -> String {
    if format == .driverOverride {
      return format.normal(try host.actions.readWaiting(host.sys.object(path)))
    }
    // The workqueue's mask reads without isolated CPUs; what was written is beside it.
    let requested = Self.requested(path)
    let isAside = format == .mask && host.sys.exists(requested)
    return format.normal(try host.sys.text(isAside ? requested : path))
  }
}

extension AttributeChange.Format {
  /// The one spelling of all that mean the same.
  public func normal(_ text: String) -> String {
    var value = text[...]
    while let last = value.last, last.isWhitespace { value.removeLast() }
    switch self {
    case .text:
      return String(value)
    case .driverOverride:
      return value == "(null)" ? "" : String(value)
    case .mask:
      // All groups but the first stand for eight digits, even where fewer are written.
      var digits = ""
      for group in value.lowercased().split(separator: ",") {
        digits += String(repeating: "0", count: max(0, 8 - group.count)) + group
      }
      return String(digits.drop { $0 == "0" })
    }
  }
}
