/// What is to be raced, as it was asked for. Whether it exists is found out later.
struct TargetArgument: CustomStringConvertible, Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// BUS/NAME.
    case device(bus: String, name: String)
    /// A path below /sys.
    case path(String)
    /// All devices of driver:BUS/DRIVER.
    case driver(bus: String, name: String)
    /// Devices that bindrace makes itself: provider:NAME.
    case provider(String)
  }

  let kind: Kind
  /// As it was written.
  let description: String

  /// Any target.
  init(_ text: String) throws {
    guard let kind = Self.kind(of: text) else {
      throw WrongValue(
        "is not a target: BUS/NAME, a /sys path, driver:BUS/DRIVER or provider:NAME")
    }
    self.kind = kind
    description = text
  }

  /// One device and no more.
  static func oneDevice(_ text: String) throws -> TargetArgument {
    guard let target = try? TargetArgument(text) else {
      throw WrongValue("is not one device: BUS/NAME or a /sys path")
    }
    switch target.kind {
    case .device, .path: return target
    case .driver, .provider: throw WrongValue("is not one device: BUS/NAME or a /sys path")
    }
  }

  private static func kind(of text: String) -> Kind? {
    if text.hasPrefix("/") {
      return text.hasPrefix("/sys/") && text.count > 5 ? .path(text) : nil
    }
    if text.hasPrefix("driver:") {
      return pair(text.dropFirst(7)).map { .driver(bus: $0, name: $1) }
    }
    if text.hasPrefix("provider:") {
      let name = text.dropFirst(9)
      return isName(name) ? .provider(String(name)) : nil
    }
    return pair(text[...]).map { .device(bus: $0, name: $1) }
  }

  private static func pair(_ text: Substring) -> (String, String)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && parts.allSatisfy(isName)
      ? (String(parts[0]), String(parts[1])) : nil
  }

  /// A name in a directory of sysfs.
  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.contains("/")
  }
}
