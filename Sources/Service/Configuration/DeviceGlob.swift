public import DriverModel
internal import Glibc

/// Devices as `Match=` and `Deny=` name them: BUS/NAME, driver:BUS/DRIVER or a path below
/// /sys/devices, in each of whose parts * ? and [...] match as in fnmatch(3), none of them a slash.
public struct DeviceGlob: Sendable, Hashable, CustomStringConvertible {
  enum Form: Hashable {
    case device(bus: String, name: String)
    case driver(bus: String, name: String)
    /// The parts behind /sys.
    case path([String])
  }

  /// What would be right; continues "Match='sda': …".
  public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// As it was written.
  public let description: String
  let form: Form

  /// Reads one item of a list. Looks at no file.
  public init(_ text: String) throws(Problem) {
    description = text
    form = try Self.form(text)
    try Self.check(text)
  }

  /// What names one device or driver, or nil where that is not one alone.
  public var target: Target? {
    description.utf8.contains(where: Self.special.contains) ? nil : try? Target(description)
  }

  private static let special = Array("*?[\\".utf8)

  private static func form(_ text: String) throws(Problem) -> Form {
    if text.hasPrefix("/") { return try path(text) }
    if text.hasPrefix("provider:") {
      throw Problem(
        description: "devices that bindrace makes itself are raced by `bindrace stress`")
    }
    let rest = text.hasPrefix("driver:") ? String(text.dropFirst("driver:".count)) : nil
    let parts = (rest ?? text).split(separator: "/", omittingEmptySubsequences: false)
      .map(String.init)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw Problem(
        description: rest == nil
          ? "write BUS/NAME (scsi/*), driver:BUS/DRIVER or a path below /sys/devices"
          : "write driver:BUS/DRIVER, such as driver:scsi/sd")
    }
    if rest != nil { return .driver(bus: parts[0], name: parts[1]) }
    guard !parts[0].contains(":") else {
      throw Problem(description: "\(parts[0].quoted) is no bus; the prefix is driver:")
    }
    return .device(bus: parts[0], name: parts[1])
  }

  private static func path(_ text: String) throws(Problem) -> Form {
    let parts = text.split(separator: "/").map(String.init)
    if parts.count == 5, parts[0] == "sys", parts[1] == "bus", parts[3] == "devices",
      parts[4] != "..", parts[4] != "."
    {
      return .device(bus: parts[2], name: parts[4])
    }
    guard parts.count > 2, parts[0] == "sys", parts[1] == "devices", !parts.contains(".."),
      !parts.contains(".")
    else {
      throw Problem(
        description: """
          write the path below /sys/devices that it leads to (readlink -f), \
          or /sys/bus/BUS/devices/NAME
          """)
    }
    return .path(Array(parts.dropFirst()))
  }

  /// Throws for what fnmatch(3) would not take as it is meant.
  private static func check(_ text: String) throws(Problem) {
    guard text.utf8.count <= 1024 else { throw Problem(description: "longer than 1024 bytes") }
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw Problem(description: "no name holds control characters")
    }
    for part in text.split(separator: "/") {
      var rest = part.utf8[...]
      while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "\\"), rest.popFirst() == nil {
          throw Problem(description: "the backslash has nothing behind it to escape")
        }
        // The first ] of a set is one of its members.
        if byte == UInt8(ascii: "[") {
          rest = rest.drop { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "^") }
          guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else {
            throw Problem(description: "the [ has no ] behind it")
          }
          rest = rest[end...].dropFirst()
        }
      }
    }
  }
}

extension DeviceGlob {
  /// True where it means this device.
  func names(bus: String, name: String, driver: String?, devpath: String) -> Bool {
    switch form {
    case .device(let aBus, let aName): aBus.matches(bus) && aName.matches(name)
    case .driver(let aBus, let aName):
      driver.map { aBus.matches(bus) && aName.matches($0) } ?? false
    case .path(let parts):
      parts.count == devpath.parts.count && zip(parts, devpath.parts).allSatisfy { $0.matches($1) }
    }
  }

  /// False where it means no device of this bus.
  func isPossible(bus: String) -> Bool {
    switch form {
    case .device(let aBus, _), .driver(let aBus, _): aBus.matches(bus)
    case .path: true
    }
  }

  /// True where it is a path above this device's, or below it.
  func isAboveOrBelow(devpath: String) -> Bool {
    guard case .path(let parts) = form else { return false }
    return zip(parts, devpath.parts).allSatisfy { $0.matches($1) }
  }

  /// How it names drivers of this bus; nil where it names none.
  func driver(bus: String) -> String? {
    guard case .driver(let aBus, let name) = form, aBus.matches(bus) else { return nil }
    return name
  }
}

extension String {
  fileprivate var parts: [String] { split(separator: "/").map(String.init) }

  /// True where `name` is as this has it: fnmatch(3) in the C locale, so bytes.
  func matches(_ name: String) -> Bool { unsafe fnmatch(self, name, 0) == 0 }
}
