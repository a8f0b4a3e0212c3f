/// A number of bytes up to 1 GiB: "65536", "512K", "16M".
struct SizeArgument: CustomStringConvertible, Sendable {
  let bytes: Int
  /// As it was written.
  let description: String

  private static let units = ["": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30]

  init(_ text: String) throws {
    let number = text.prefix { $0.isASCII && $0.isNumber }
    guard let unit = Self.units[String(text.dropFirst(number.count))], let count = Int(number),
      (1...(1 << 30) / unit).contains(count)
    else { throw WrongValue("is not a size from 1 to 1G, such as 65536, 512K or 16M") }
    bytes = count * unit
    description = text
  }

  private init(bytes: Int, _ description: String) {
    self.bytes = bytes
    self.description = description
  }

  /// A default.
  static func mebibytes(_ count: Int) -> SizeArgument {
    SizeArgument(bytes: count << 20, "\(count)M")
  }
}
