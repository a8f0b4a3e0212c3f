/// What the user wants raced (docs/driver-core.md, "Target").
public enum Target: Sendable, Hashable, CustomStringConvertible {
  /// BUS/NAME.
  case device(bus: String, name: String)
  /// A path of /sys, or a node of /dev, as it was given.
  case path(String)
  /// driver:BUS/DRIVER, all its devices.
  case driver(bus: String, name: String)
  /// provider:NAME, devices that bindrace makes itself.
  case provider(String)

  /// Reads a target as it is written. Throws what would be right; looks at no file.
  public init(_ text: String) throws(TargetError) {
    func fail(_ problem: String) -> TargetError { TargetError(target: text, problem: problem) }

    if text.hasPrefix("/") {
      let parts = text.split(separator: "/")
      guard parts.first == "sys" || parts.first == "dev", parts.count > 1, !parts.contains(".."),
        !parts.contains(".")
      else {
        throw fail(
          "a path must lie below /sys or /dev, such as /sys/bus/scsi/devices/0:0:0:0 or /dev/sda")
      }
      self = .path("/" + parts.joined(separator: "/"))
      return
    }
    if let name = text.rest(after: "provider:") {
      guard Self.isName(name) else {
        throw fail("write provider:NAME, such as provider:scsi_debug")
      }
      self = .provider(name)
      return
    }
    if let rest = text.rest(after: "driver:") {
      guard let (bus, name) = Self.pair(rest) else {
        throw fail("write driver:BUS/DRIVER, such as driver:scsi/sd")
      }
      self = .driver(bus: bus, name: name)
      return
    }
    guard let (bus, name) = Self.pair(text) else {
      throw fail(
        "write BUS/NAME (scsi/0:0:0:0), a path below /sys or /dev, driver:BUS/DRIVER or provider:NAME"
      )
    }
    guard !bus.contains(":") else {
      throw fail("'\(bus)' is no bus; the prefixes are driver: and provider:")
    }
    self = .device(bus: bus, name: name)
  }

  public var description: String {
    switch self {
    case .device(let bus, let name): "\(bus)/\(name)"
    case .path(let path): path
    case .driver(let bus, let name): "driver:\(bus)/\(name)"
    case .provider(let name): "provider:\(name)"
    }
  }

  private static func pair(_ text: String) -> (String, String)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 2 && parts.allSatisfy(isName) ? (parts[0], parts[1]) : nil
  }

  /// Driver names can hold spaces; no name holds a slash (kobject_set_name_vargs() turns it into !).
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.contains("/")
      && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && text.first != " " && text.last != " "
  }
}

/// A target that cannot be: which, and what would be right.
public struct TargetError: Error, Equatable, Sendable, CustomStringConvertible {
  public var target: String
  public var problem: String

  public init(target: String, problem: String) {
    self.target = target
    self.problem = problem
  }

  public var description: String { "target '\(target)': \(problem)" }
}

extension String {
  fileprivate func rest(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
